/* SPDX-License-Identifier: MIT
 *
 * Leaks of a C program, each with a stack of its own: lost, indirectly lost, reachable, resized, of recursion
 * and of a wrapper with two users. At the end it waits for the end of its stdin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct node {
    struct node *next;
    char text[40];
};

static struct node *list;
static void *volatile kept[8];

NOINLINE static void *my_alloc(size_t size)
{
    void *block = malloc(size);

    if (!block)
        abort();
    return block;
}

NOINLINE static void lost(void)
{
    for (int i = 0; i < 7; i++)
        kept[0] = my_alloc(24);
    kept[0] = NULL;
}

NOINLINE static void reachable(void)
{
    kept[1] = my_alloc(5000);
    kept[2] = calloc(30, 100);
}

NOINLINE static void add_node(int depth)
{
    struct node *node = malloc(sizeof(*node));

    if (!node)
        abort();
    node->next = list;
    list = node;
    if (depth > 0)
        add_node(depth - 1);
    __asm__ volatile("" ::: "memory");
}

NOINLINE static void lose_list(void)
{
    add_node(5);
    list = NULL;
}

NOINLINE static void resized(void)
{
    char *block = malloc(10);

    block = realloc(block, 70000);
    kept[3] = realloc(block, 90000);
}

NOINLINE static void duplicated(void)
{
    kept[4] = strdup("a text that is never freed");
}

NOINLINE static void freed(void)
{
    for (int i = 0; i < 1000; i++)
        free(my_alloc((size_t)i));
}

int main(void)
{
    char byte;

    lost();
    reachable();
    lose_list();
    resized();
    duplicated();
    freed();
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    return read(STDIN_FILENO, &byte, 1) < 0;
}
