/* Small search spaces as texts, for tests. */
#ifndef TNAS_TESTS_TOY_SPACES_H
#define TNAS_TESTS_TOY_SPACES_H

extern const char mixed_space[], tiny_space[], flexible_space[];

/* `text` with its first `from` replaced; `from` must be there. Release with tnas_free. */
char *replaced(const char *text, const char *from, const char *to);

#endif
