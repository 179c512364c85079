/* SPDX-License-Identifier: MIT
 *
 * Prints scripts with which a shell completes commands, options and the words of options. They are
 * made from the tables that `--help` prints.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

void completion_print_bash(void);
void completion_print_zsh(void);
void completion_print_fish(void);

#endif /* COMPLETION_H */
