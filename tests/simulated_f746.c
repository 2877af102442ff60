/* The start-up code of examples/boards/nucleo-f746zg, under names of its own. */
#define BOARD_SIMULATED
#define board_start         f746_board_start
#define board_counter_start f746_board_counter_start
#define board_counter       f746_board_counter
#include "examples/boards/nucleo-f746zg/board.c"
