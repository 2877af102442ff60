/* A set of synthetic "words" as WAV files, a folder for each word: make_data FOLDER
 *
 * A word is three sounds after each other; a sound is a voice (harmonics of a pitch) through two
 * resonances. Each clip has its own pitch, speed, start, loudness and noise: 1 s, 8 kHz, 16 bits.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { RATE = 8000, SAMPLES = 8000, WORDS = 8, SOUNDS = 3, CLIPS = 150 };

static const double pi = 3.14159265358979323846;

/* Two resonances in Hz: roughly the vowels a, e, i, o, u. */
static const double resonances[5][2] = {
    {800, 1250}, {500, 1900}, {300, 2300}, {450, 850}, {320, 700}};
static const int words[WORDS][SOUNDS] = {{0, 2, 4}, {4, 2, 0}, {1, 1, 3}, {3, 1, 1},
                                         {2, 0, 2}, {0, 3, 0}, {4, 1, 4}, {3, 4, 2}};

static uint64_t state = 88172645463325252u;

static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

static double gain(double hz, const double *sound)
{
    double sum = 0;
    int r;

    for (r = 0; r < 2; r++) {
        const double off = (hz - sound[r]) / 120;
        sum += exp(-0.5 * off * off);
    }
    return sum;
}

static void speak(int word, double *samples)
{
    const double pitch = uniform(90, 240), loudness = uniform(0.3, 1), noise = uniform(0.01, 0.08);
    const double length = uniform(0.3, 0.6) * SAMPLES, start = uniform(0, SAMPLES - length);
    int i, s, k;

    for (i = 0; i < SAMPLES; i++)
        samples[i] = noise * (uniform(-1, 1) + uniform(-1, 1));
    for (s = 0; s < SOUNDS; s++) {
        const double *const sound = resonances[words[word][s]];
        const int from = (int)(start + length * s / SOUNDS),
                  to = (int)(start + length * (s + 1) / SOUNDS);
        for (k = 1; k * pitch < 3800; k++) {
            const double amplitude = loudness * gain(k * pitch, sound), phase = uniform(0, 2 * pi);
            if (amplitude > 0.01)
                for (i = from; i < to; i++)
                    samples[i] += amplitude * sin(2 * pi * k * pitch * i / RATE + phase);
        }
    }
}

static void put(FILE *file, uint32_t value, int bytes)
{
    for (; bytes > 0; bytes--, value >>= 8)
        fputc((int)(value & 255), file);
}

/* RIFF, WAVE, "fmt ": PCM, one channel; "data". */
static void write_wav(FILE *file, const double *samples)
{
    int i;

    fputs("RIFF", file);
    put(file, 36 + 2 * SAMPLES, 4);
    fputs("WAVEfmt ", file);
    put(file, 16, 4);
    put(file, 1, 2);
    put(file, 1, 2);
    put(file, RATE, 4);
    put(file, 2 * RATE, 4);
    put(file, 2, 2);
    put(file, 16, 2);
    fputs("data", file);
    put(file, 2 * SAMPLES, 4);
    for (i = 0; i < SAMPLES; i++) {
        const double level = 6000 * samples[i];
        put(file, (uint32_t)(int32_t)(level > 32767 ? 32767 : level < -32768 ? -32768 : level), 2);
    }
}

static void fail(const char *path)
{
    perror(path);
    exit(1);
}

static void write_word(const char *folder, int word)
{
    static double samples[SAMPLES];
    char path[4096];
    int clip;

    snprintf(path, sizeof path, "%s/word%d", folder, word);
    mkdir(path, 0777); /* is it there already? fopen will tell */
    for (clip = 0; clip < CLIPS; clip++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/word%d/%03d.wav", folder, word, clip);
        file = fopen(path, "wb");
        if (file == NULL)
            fail(path);
        speak(word, samples);
        write_wav(file, samples);
        if (fclose(file) != 0)
            fail(path);
    }
}

int main(int argc, char **argv)
{
    int word;

    if (argc != 2) {
        fprintf(stderr, "usage: make_data FOLDER\n");
        return 2;
    }
    for (word = 0; word < WORDS; word++)
        write_word(argv[1], word);
    return 0;
}
