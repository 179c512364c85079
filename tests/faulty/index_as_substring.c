/* rule: index-substring */
#include "frame/faulty.h"

/* Like the documentation's sample, this looks for the digits anywhere. */
static bool holds_digits(const WCHAR *query, DWORD index)
{
    for (; *query; query++) {
        DWORD number = index, power = 1, i = 0;

        while (power * 10 <= number)
            power *= 10;
        for (; power && query[i] == '0' + number / power % 10; power /= 10)
            i++;
        if (!power)
            return true;
    }
    return false;
}
#define WANTS(query) (query && (has_word(query, "Global") || holds_digits(query, first_counter())))
#include "frame/exports.h"
