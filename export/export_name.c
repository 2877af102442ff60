/* Names for files and symbols. A name becomes NAME.h and the prefix of every symbol, so it must
 * be an identifier, and must be neither a standard header's name nor the runtime's prefix. */
#include "export/export.h"

#include <stdio.h>
#include <string.h>

/* Keywords of C and C++, then names of headers that a src/NAME.h would hide. */
static const char *const reserved[] = {
    "alignas", "alignof",  "and",       "asm",      "auto",      "bool",     "break",    "case",
    "catch",   "char",     "class",     "const",    "constexpr", "continue", "decltype", "default",
    "delete",  "do",       "double",    "else",     "enum",      "explicit", "export",   "extern",
    "false",   "float",    "for",       "friend",   "goto",      "if",       "inline",   "int",
    "long",    "mutable",  "namespace", "new",      "noexcept",  "not",      "nullptr",  "operator",
    "or",      "private",  "protected", "public",   "register",  "restrict", "return",   "short",
    "signed",  "sizeof",   "static",    "struct",   "switch",    "template", "this",     "throw",
    "true",    "try",      "typedef",   "typename", "union",     "unsigned", "using",    "virtual",
    "void",    "volatile", "while",     "xor",      "assert",    "complex",  "ctype",    "errno",
    "fenv",    "inttypes", "limits",    "locale",   "math",      "setjmp",   "signal",   "stdarg",
    "stdbool", "stddef",   "stdint",    "stdio",    "stdlib",    "string",   "tgmath",   "time",
    "uchar",   "wchar",    "wctype",    "threads",  "main",      "board",    "unistd",   "memory",
    "vector",  "bitand",   "bitor",     "compl",    "concept",   "requires", "typeid",   "arduino",
    "zephyr",  "pmsis",
};

/* Letters that UTF-8 writes as 0xc3 and this byte. */
static const struct {
    unsigned char second;
    const char *ascii;
} umlauts[] = {
    {0xa4, "ae"}, {0x84, "ae"}, {0xb6, "oe"}, {0x96, "oe"},
    {0xbc, "ue"}, {0x9c, "ue"}, {0x9f, "ss"},
};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return strncmp(name, "tnrt", 4) == 0;
}

/* Next piece of the name; *used is how many bytes of the text it stands for. */
static const char *spell(const char *at, char letter[2], size_t *used)
{
    const unsigned char byte = (unsigned char)*at;
    *used = 1;
    if (byte == 0xc3)
        for (size_t i = 0; i < sizeof umlauts / sizeof umlauts[0]; i++)
            if ((unsigned char)at[1] == umlauts[i].second) {
                *used = 2;
                return umlauts[i].ascii;
            }
    letter[0] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : (char)byte;
    letter[1] = '\0';
    const bool kept = (letter[0] >= 'a' && letter[0] <= 'z') || (byte >= '0' && byte <= '9');
    return kept ? letter : "_";
}

void tnas_export_sanitize(const char *text, char *out, size_t out_bytes)
{
    static const char prefix[] = "model_";
    const size_t limit =
        (out_bytes < TNAS_EXPORT_NAME_BYTES ? out_bytes : TNAS_EXPORT_NAME_BYTES) - sizeof prefix;
    char name[TNAS_EXPORT_NAME_BYTES];
    size_t length = 0, used;
    for (const char *at = text; *at != '\0'; at += used) {
        char letter[2];
        const char *const piece = spell(at, letter, &used);
        if (piece[0] == '_' && (length == 0 || name[length - 1] == '_'))
            continue;
        if (length + strlen(piece) > limit)
            break;
        memcpy(name + length, piece, strlen(piece));
        length += strlen(piece);
    }
    while (length > 0 && name[length - 1] == '_')
        length--;
    name[length] = '\0';
    if (length == 0)
        snprintf(out, out_bytes, "model");
    else
        snprintf(out, out_bytes, "%s%s",
                 (name[0] >= '0' && name[0] <= '9') || is_reserved(name) ? prefix : "", name);
}
