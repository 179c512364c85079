/* SPDX-License-Identifier: MIT
 *
 * The portable headers in C++, compiled for every target. The assertions of layout_assertions.h are
 * the test. Linking this shows that the headers define nothing twice.
 */
#include "../unit/layout_assertions.h"

int main()
{
    PSS_CAPTURE_FLAGS flags = PSS_CAPTURE_VA_SPACE | PSS_CAPTURE_THREADS;

    return flags == 0x880 ? 0 : 1;
}
