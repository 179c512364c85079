/* SPDX-License-Identifier: MIT
 *
 * What is wrong with a registration as a whole: bookkeeping, title indices, name tables, and how
 * services fit together. What is wrong inside one value is `problem` of its service already.
 *
 * Rules: lodctr's index allocation (names even, help odd, First = Last + 2), the values of
 * Services\<name>\Performance and of Perflib.
 */
#ifndef REGISTRATION_CHECK_H
#define REGISTRATION_CHECK_H

#include "registration.h"

enum registration_severity {
    REGISTRATION_NOTE,    /* works, and is as somebody wanted it: disabled */
    REGISTRATION_WARNING, /* works, but somebody will see wrong or missing names */
    REGISTRATION_ERROR,   /* does not work */
};

/** Valid during the call only. */
struct registration_remark {
    const struct service *service; /* NULL: the registration as a whole */
    enum registration_severity severity;
    const char *text; /* what is wrong and what to do, one line, UTF-8 */
};

typedef void (*registration_report)(void *context, const struct registration_remark *remark);

/**
 * Check everything: first the whole, then service by service in their order.
 *
 * @return ERROR_SUCCESS; ERROR_NOT_ENOUGH_MEMORY: not everything was checked
 */
DWORD registration_check(const struct registration *registration, registration_report report,
                         void *context);

#endif /* REGISTRATION_CHECK_H */
