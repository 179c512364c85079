/* SPDX-License-Identifier: MIT
 *
 * Registers a manifest in the emulation's catalog, like `lodctr /M` on Windows.
 */
#ifndef MANIFEST_CATALOG_H
#define MANIFEST_CATALOG_H

#include "manifest.h"

/**
 * Register all sets of a manifest.
 *
 * @return ERROR_SUCCESS; ERROR_ALREADY_EXISTS if a set is already registered (the sets before it
 *         stay registered); ERROR_NOT_ENOUGH_MEMORY
 */
DWORD manifest_catalog_register(const struct manifest *manifest);

#endif /* MANIFEST_CATALOG_H */
