/* SPDX-License-Identifier: MIT
 *
 * Libraries that the loader has mapped into this process (Windows only): notifications of them, and the
 * replacement of functions that they import. Unlike pe_file, which reads the hostile bytes of a file,
 * this reads an image at its addresses in memory, whose import tables the loader has checked and
 * followed before.
 *
 * Rule: PE format, "The .idata Section": an import descriptor names a library. Its lookup table has
 * the names of the functions, its address table their addresses.
 */
#ifndef LOADED_LIBRARY_H
#define LOADED_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <windows.h>

/** The address to use instead of a function that is imported by name; 0: it keeps the loader's. */
typedef uintptr_t loaded_library_replacement(const char *name);

/** Write the replacements into the import address tables of a library. */
void loaded_library_redirect(void *module, loaded_library_replacement *replacement_of);

/**
 * Receives each library that the loader maps, before its DllMain runs and under the loader's lock.
 *
 * @param name    its file name without the folder, not terminated
 * @param length  UTF-16 units
 */
typedef void loaded_library_callback(void *module, const WCHAR *name, size_t length);

/**
 * Begin to report the libraries that are loaded from now on, until the process ends.
 *
 * @return false if the system has no such notification (before Windows 8 and in old versions of Wine)
 */
bool loaded_library_watch(loaded_library_callback *callback);

#endif /* LOADED_LIBRARY_H */
