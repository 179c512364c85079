/* rule: v2-provider-left, leak-memory; the stop forgets the provider */
#define CLEAN_UP provider = NULL;
#include "frame/provider.h"
