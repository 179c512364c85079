/* SPDX-License-Identifier: MIT
 *
 * Leaks of a C++ program: objects, arrays, containers of the standard library, a lambda, a template, and what a
 * constructor allocates before it throws. At the end it waits for the end of its stdin.
 */
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#define NOINLINE __attribute__((noinline))

namespace
{
struct shape {
    virtual ~shape() = default;
    virtual int *grow(int size) = 0;
};

struct square : shape {
    NOINLINE int *grow(int size) override
    {
        return new int[static_cast<std::size_t>(size)];
    }
};

struct thrower {
    NOINLINE thrower()
    {
        lost = new char[77];
        throw std::runtime_error("no object");
    }
    char *lost;
};

template <typename T> NOINLINE T *make()
{
    return new T();
}
} // namespace

static void *volatile kept[8];

NOINLINE static void objects()
{
    kept[0] = make<std::map<int, int>>();
    kept[1] = make<square>();
    shape *one = make<square>();
    kept[2] = one->grow(100);
    kept[3] = one;
}

NOINLINE static void containers()
{
    auto *numbers = new std::vector<int>;
    for (int i = 0; i < 1000; i++)
        numbers->push_back(i);
    auto *names = new std::map<std::string, std::string>;
    for (int i = 0; i < 10; i++)
        (*names)[std::to_string(i)] = std::string(100, 'x');
    kept[4] = numbers;
    kept[5] = names;
}

NOINLINE static void constructors()
{
    try {
        thrower object;
    } catch (const std::exception &) {
    }
}

NOINLINE static void lambdas()
{
    auto take = [](std::size_t size) NOINLINE { return ::operator new(size); };
    kept[6] = take(333);
}

int main()
{
    char byte;

    objects();
    containers();
    constructors();
    lambdas();
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    return read(STDIN_FILENO, &byte, 1) < 0;
}
