/* SPDX-License-Identifier: MIT
 *
 * `install --self` and `uninstall --self`: the installation of our own provider on this Windows,
 * files and registration, all or nothing. Each can be run again; then it finds nothing to do.
 */
#ifndef SELF_INSTALLATION_H
#define SELF_INSTALLATION_H

/**
 * Copy the provider to a folder to which only administrators can write, register it with its full
 * path, and ask the system for its counters.
 *
 * @return an exit status; stdout shows what was done, stderr the reason if nothing was
 */
int self_installation_install(void);

/** Remove the registration and the files. EXIT_FINE also if there is nothing to remove. */
int self_installation_uninstall(void);

#endif /* SELF_INSTALLATION_H */
