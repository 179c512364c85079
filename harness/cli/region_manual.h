/* SPDX-License-Identifier: MIT
 *
 * The body of the manual page on the format of a region file.
 */
#ifndef REGION_MANUAL_H
#define REGION_MANUAL_H

/**
 * Write everything after the page's heading to stdout, as roff.
 *
 * @param print_string  writes text so that roff shows it unchanged
 */
void region_manual_print(void print_string(const char *text));

#endif /* REGION_MANUAL_H */
