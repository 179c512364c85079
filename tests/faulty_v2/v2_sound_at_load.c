/* rule: none; started by being loaded, stopped by being unloaded */
#define START begin_gallery
#define STOP end_gallery
#include "frame/provider.h"

__attribute__((constructor)) static void loaded(void)
{
    begin_gallery();
}

__attribute__((destructor)) static void unloaded(void)
{
    end_gallery();
}
