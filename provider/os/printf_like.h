/* SPDX-License-Identifier: MIT
 *
 * PRINTF_LIKE(format, first): marks a function that takes a C99 printf format as parameter number
 * `format` and its arguments from parameter number `first` on, so that compilers check the calls.
 */
#ifndef PRINTF_LIKE_H
#define PRINTF_LIKE_H

#if defined(__clang__)
#define PRINTF_LIKE(format, first) __attribute__((__format__(__printf__, format, first)))
#elif defined(__GNUC__)
/* There, plain printf means Microsoft's format, which has neither %zu nor %lld. */
#define PRINTF_LIKE(format, first) __attribute__((__format__(__gnu_printf__, format, first)))
#else
#define PRINTF_LIKE(format, first)
#endif

#endif /* PRINTF_LIKE_H */
