#ifndef X
#define A 0
/* #define B 2
*/ #define C 4;
# define D A // x
#endif
