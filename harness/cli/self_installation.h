/* SPDX-License-Identifier: MIT
 *
 * `install --self` and `uninstall --self`: our own provider on this Windows, files and
 * registration, all or nothing. Each can be run again; then it finds nothing to do.
 */
#ifndef SELF_INSTALLATION_H
#define SELF_INSTALLATION_H

/**
 * Copy the provider to a folder that only administrators can write to, register it with its full
 * path, and ask the system for its counters.
 *
 * @return an exit status; what was done is on stdout, why not on stderr
 */
int self_installation_install(void);

/** Remove the registration and the files; EXIT_FINE also when there is nothing to remove. */
int self_installation_uninstall(void);

#endif /* SELF_INSTALLATION_H */
