/* SPDX-License-Identifier: MIT
 *
 * The table of rules, and the explanation of one rule, for users and programs.
 */
#ifndef CHECK_RULES_H
#define CHECK_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "check_printer.h"
#include "output.h"
#include "rules.h"

/**
 * Print the rules: text, JSON or Markdown.
 *
 * @param is_left_out  by rule
 */
void check_rules_print(struct output *output, enum check_format format,
                       const bool is_left_out[RULE_COUNT]);

/** Explain a rule: text or JSON. `width` in columns. */
void check_rules_explain(struct output *output, enum check_format format, enum rule_id rule,
                         size_t width);

#endif /* CHECK_RULES_H */
