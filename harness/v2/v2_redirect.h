/* SPDX-License-Identifier: MIT
 *
 * Redirects a provider's calls of PERFLIB to the emulation in this program instead of the system's
 * implementation. v2_redirect_posix.c and v2_redirect_win.c define the same functions in the same
 * order.
 */
#ifndef V2_REDIRECT_H
#define V2_REDIRECT_H

/**
 * Begin to redirect. Call this before a library is loaded. Libraries that are already loaded are
 * not changed. The imports of libraries that are loaded from now on, and their calls of
 * GetProcAddress, lead to the emulation. If the system notifies programs of loaded libraries
 * (Windows 8 and later, Wine), they lead there before their DllMain runs.
 */
void v2_redirect_begin(void);

/** Redirect the libraries loaded since then, on systems without such notifications. */
void v2_redirect_imports(void);

#endif /* V2_REDIRECT_H */
