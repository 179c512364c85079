/* SPDX-License-Identifier: MIT
 *
 * Scripts on stdout with which a shell completes commands, options and the words that options take.
 * They are made from the tables that `--help` prints.
 */
#ifndef COMPLETION_H
#define COMPLETION_H

void completion_print_bash(void);
void completion_print_zsh(void);
void completion_print_fish(void);

#endif /* COMPLETION_H */
