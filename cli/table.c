#include "cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/screen.h"

enum { GAP = 2, CELL_BYTES = 512, CUT_COLUMNS = 16 };

/* Which columns are shown, and how wide. */
typedef struct layout {
    int widths[TNAS_TABLE_COLUMNS_MAX];
    bool hidden[TNAS_TABLE_COLUMNS_MAX];
} layout;

void tnas_table_init(tnas_table *table, const tnas_column *columns, int count)
{
    *table = (tnas_table){.columns = columns, .count = count};
    tnas_text_init(&table->cells);
}

void tnas_table_row(tnas_table *table, const char *format, ...)
{
    char row[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row, sizeof row, format, arguments);
    va_end(arguments);
    tnas_text_add(&table->cells, "%s\n", row);
}

/* The next cell of a row; *at moves behind it. */
static const char *next_cell(const char **at, char out[CELL_BYTES])
{
    const size_t bytes = strcspn(*at, "\t\n");
    snprintf(out, CELL_BYTES, "%.*s", (int)bytes, *at);
    *at += bytes + ((*at)[bytes] == '\t');
    return out;
}

/* A name with a tab in it makes more cells than there are columns: they are passed over. */
static const char *next_row(const char *at)
{
    return at + strcspn(at, "\n") + 1;
}

static void measure(const tnas_table *table, layout *l)
{
    char cell[CELL_BYTES];
    for (int c = 0; c < table->count; c++)
        l->widths[c] = tnas_text_columns(table->columns[c].heading);
    for (const char *at = table->cells.chars; at != NULL && *at != '\0'; at = next_row(at))
        for (int c = 0; c < table->count; c++) {
            const int width = tnas_text_columns(next_cell(&at, cell));
            l->widths[c] = width > l->widths[c] ? width : l->widths[c];
        }
}

/* Columns of the whole, a last one that may be cut counted as little as it needs. */
static int width_of(const tnas_table *table, const layout *l)
{
    int width = -GAP;
    for (int c = 0; c < table->count; c++) {
        const bool cut = table->columns[c].cut && l->widths[c] > CUT_COLUMNS;
        if (!l->hidden[c])
            width += GAP + (cut ? CUT_COLUMNS : l->widths[c]);
    }
    return width;
}

static void fit(const tnas_table *table, int columns, layout *l)
{
    while (columns > 0 && width_of(table, l) > columns) {
        int least = -1;
        for (int c = 0; c < table->count; c++)
            if (!l->hidden[c] && table->columns[c].rank > 0 &&
                (least < 0 || table->columns[c].rank >= table->columns[least].rank))
                least = c;
        if (least < 0)
            return;
        l->hidden[least] = true;
    }
    const int last = table->count - 1, spare = columns - width_of(table, l);
    if (columns > 0 && table->columns[last].cut && l->widths[last] > CUT_COLUMNS + spare)
        l->widths[last] = CUT_COLUMNS + spare;
}

static bool is_last(const tnas_table *table, const layout *l, int column)
{
    for (int c = column + 1; c < table->count; c++)
        if (!l->hidden[c])
            return false;
    return true;
}

static void print_cell(const tnas_table *table, const layout *l, int column, char *text)
{
    tnas_text_cut(text, l->widths[column]);
    const int blanks = l->widths[column] - tnas_text_columns(text);
    if (table->columns[column].left)
        printf("%s%*s", text, is_last(table, l, column) ? 0 : blanks, "");
    else
        printf("%*s%s", blanks, "", text);
    if (!is_last(table, l, column))
        printf("%*s", GAP, "");
}

static void print_headings(const tnas_table *table, const layout *l)
{
    char cell[CELL_BYTES];
    printf("%s", tnas_screen_paint(stdout, TNAS_PAINT_HEAD));
    for (int c = 0; c < table->count; c++) {
        snprintf(cell, sizeof cell, "%s", table->columns[c].heading);
        if (!l->hidden[c])
            print_cell(table, l, c, cell);
    }
    printf("%s\n", tnas_screen_paint(stdout, TNAS_PAINT_NONE));
}

static void print_hidden(const tnas_table *table, const layout *l)
{
    const char *before = "not shown: ";
    for (int c = 0; c < table->count; c++)
        if (l->hidden[c]) {
            printf("%s%s", before, table->columns[c].heading);
            before = ", ";
        }
    if (before[0] == ',')
        printf("; a wider terminal or --format csv has all\n");
}

void tnas_table_print(tnas_table *table)
{
    layout l = {0};
    char cell[CELL_BYTES];
    measure(table, &l);
    fit(table, tnas_screen_columns(stdout), &l);
    print_headings(table, &l);
    for (const char *at = table->cells.chars; at != NULL && *at != '\0'; at = next_row(at)) {
        for (int c = 0; c < table->count; c++) {
            next_cell(&at, cell);
            if (!l.hidden[c])
                print_cell(table, &l, c, cell);
        }
        printf("\n");
    }
    print_hidden(table, &l);
    if (table->cells.failed)
        printf("(rows are missing: out of memory)\n");
    tnas_text_deinit(&table->cells);
}
