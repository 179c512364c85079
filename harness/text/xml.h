/* SPDX-License-Identifier: MIT
 *
 * Text inside XML: JUnit reports, manifests.
 */
#ifndef XML_H
#define XML_H

#include "output.h"

/**
 * Add text as it must stand in an attribute or an element: what means something to XML, and what a
 * reader would make blanks of (tabs, line breaks), becomes a reference. Characters that XML 1.0 has
 * no room for are the caller's to replace: see utf8_add_safe.
 */
void xml_add_escaped(struct output *output, const char *text);

#endif /* XML_H */
