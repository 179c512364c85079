/* SPDX-License-Identifier: MIT
 *
 * Text inside XML: JUnit reports, manifests.
 */
#ifndef XML_H
#define XML_H

#include "output.h"

/**
 * Add text for an attribute or an element. Characters that have a meaning in XML, and those that a
 * reader replaces by blanks (tabs, line breaks), become references. The caller replaces characters
 * that XML 1.0 does not allow: see utf8_add_safe.
 */
void xml_add_escaped(struct output *output, const char *text);

#endif /* XML_H */
