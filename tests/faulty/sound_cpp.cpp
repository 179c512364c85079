/* rule: none; C++ that throws and catches at each Collect */
#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
#include "frame/faulty.h"
}

static DWORD parse(const std::string &text)
{
    return static_cast<DWORD>(std::stoul(text)); /* throws at "none" */
}

static void build(struct answer *answer)
{
    const std::vector<std::string> values = { "17", "none", "99999999999999999999999" };

    begin_object(answer, 0, static_cast<LONG>(values.size()));
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    for (std::size_t i = 0; i < values.size(); i++) {
        const WCHAR name[] = { static_cast<WCHAR>('a' + i), 0 };

        add_instance(answer, name);
        try {
            set_value(answer, 0, parse(values[i]));
        } catch (const std::logic_error &) {
            set_value(answer, 0, 0);
        }
    }
    end_object(answer);
}

#define BUILD build
extern "C" {
#include "frame/exports.h"
}
