/* SPDX-License-Identifier: 0BSD */
/* Runs what `tinynas measure` wrote: every network and every layer, as CSV. The loop and the
 * networks come in libmeasure.a, made by that folder's own Makefile. */
#include "board.h"
#include "measure.h"

void measure_put(const char *text)
{
    board_put(text);
}

int main(void)
{
    int wrong;

    board_put("# ");
    board_put(board.board);
    board_put(", ");
    board_put(board.remark);
    board_put("\n");
    wrong = measure_run();
    board_put("# networks with wrong bytes, left out: ");
    board_put_number((uint32_t)wrong);
    board_put("\n# done\n");
    return wrong != 0;
}
