/* SPDX-License-Identifier: MIT
 *
 * The version of the product. The build generates the source file from the file VERSION and from
 * git: see scripts/packaging/version.
 */
#ifndef PRODUCT_VERSION_H
#define PRODUCT_VERSION_H

extern const char product_version[];        /* "0.2.0" */
extern const char product_version_commit[]; /* 12 digits, perhaps with "-modified"; or "unknown" */

#endif /* PRODUCT_VERSION_H */
