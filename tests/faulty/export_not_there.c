/* rule: export-missing; check: --open OpenFaultyData --collect CollectFaultyData --close
 * CloseFaultyData */
#include "frame/faulty.h"
#define CLOSE_NAME FinishFaultyData
#include "frame/exports.h"
