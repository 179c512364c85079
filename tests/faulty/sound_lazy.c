/* rule: none; opens its source at the first Collect, keeps it until the last Close, and grows once */
#include "frame/faulty.h"

static FILE *source;
static unsigned users;
static unsigned char *cache;

static DWORD on_open(void)
{
    users++;
    return ERROR_SUCCESS;
}

static void on_close(void)
{
    if (users == 0 || --users > 0)
        return;
    if (source)
        fclose(source);
    free(cache);
    source = NULL;
    cache = NULL;
}

static void build(struct answer *answer)
{
    if (!source)
        source = tmpfile();
    if (!cache)
        cache = calloc(1, 1 << 20);
    build_sound(answer);
}
#define ON_OPEN on_open
#define ON_CLOSE on_close
#define BUILD build
#include "frame/exports.h"
