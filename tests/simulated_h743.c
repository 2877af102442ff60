/* The start-up code of examples/boards/nucleo-h743zi2, under names of its own. */
#define BOARD_SIMULATED
#define board_start         h743_board_start
#define board_counter_start h743_board_counter_start
#define board_counter       h743_board_counter
#include "examples/boards/nucleo-h743zi2/board.c"
