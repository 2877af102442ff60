/* Signals that a front end must not stumble over. */
#ifndef TNAS_TESTS_SOUND_SIGNALS_H
#define TNAS_TESTS_SOUND_SIGNALS_H

#include <stddef.h>
#include <stdint.h>

enum { SOUND_SIGNALS = 10 };

/* Fills samples; returns what they are. 0 <= index < SOUND_SIGNALS. */
const char *make_signal(int index, int16_t *samples, size_t count, uint64_t seed);

#endif
