/* rule: v2-handle; PerfStopProvider is called again with the handle that it has closed */
#define BEFORE_STOP HANDLE stopped = provider;
#define AFTER_STOP PerfStopProvider(stopped);
#include "frame/provider.h"
