/* SPDX-License-Identifier: MIT
 *
 * How a provider's calls of PERFLIB reach the emulation in this program instead of the system's.
 * v2_redirect_posix.c and v2_redirect_win.c define the same functions in the same order.
 */
#ifndef V2_REDIRECT_H
#define V2_REDIRECT_H

/**
 * Before a library is loaded: what is there now is left alone; the imports of what is loaded from
 * now on lead to the emulation, and what it asks GetProcAddress for, from before its DllMain on
 * where the system tells of libraries that it loads (Windows 8 and later, Wine).
 */
void v2_redirect_begin(void);

/** The same for what has been loaded since, where the system did not tell. */
void v2_redirect_imports(void);

#endif /* V2_REDIRECT_H */
