/* SPDX-License-Identifier: MIT
 *
 * From a manifest to the emulation's catalog: what `lodctr /M` does on Windows.
 */
#ifndef MANIFEST_CATALOG_H
#define MANIFEST_CATALOG_H

#include "manifest.h"

/**
 * Register all sets of a manifest.
 *
 * @return ERROR_SUCCESS; ERROR_ALREADY_EXISTS when a set is registered already: those before it
 *         stay registered; ERROR_NOT_ENOUGH_MEMORY
 */
DWORD manifest_register(const struct manifest *manifest);

#endif /* MANIFEST_CATALOG_H */
