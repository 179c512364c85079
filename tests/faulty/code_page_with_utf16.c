/* rule: code-page */
#include "frame/faulty.h"

static void spoil(struct answer *answer)
{
    object_at(answer, 0)->CodePage = 1252;
}
#define SPOIL spoil
#include "frame/exports.h"
