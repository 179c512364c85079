/* SPDX-License-Identifier: MIT
 *
 * How a provider's calls of PERFLIB reach the emulation in this program instead of the system's.
 * v2_redirect_posix.c and v2_redirect_win.c define the same functions in the same order.
 */
#ifndef V2_REDIRECT_H
#define V2_REDIRECT_H

/** Before a library is loaded: what is there now is left alone. */
void v2_redirect_begin(void);

/**
 * Lead the imports of everything that was loaded since to the emulation, and what it asks
 * GetProcAddress for. What a library calls while it is being loaded (DllMain) is not reached on
 * Windows.
 */
void v2_redirect_imports(void);

#endif /* V2_REDIRECT_H */
