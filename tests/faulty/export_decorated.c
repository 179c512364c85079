/* rule: export-decorated; check: --open OpenFaultyData --collect CollectFaultyData --close
 * CloseFaultyData */
#include "frame/faulty.h"
#define OPEN_NAME _OpenFaultyData
#include "frame/exports.h"
