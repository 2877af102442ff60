/* A set of synthetic "words" as spectrograms, in four IDX files: make_data FOLDER
 *
 * A word is three sounds after each other; a sound is a voice (harmonics of a pitch) through two
 * resonances. Each clip has its own pitch, speed, start, loudness and noise. 0.5 s at 8 kHz, frames
 * of 256 samples every 124, 20 bands from 150 to 3800 Hz, equally wide on the mel scale. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { RATE = 8000, SAMPLES = 4000, FRAME = 256, HOP = 124, FRAMES = 31, BANDS = 20 };
enum { WORDS = 8, SOUNDS = 3, TRAIN = 2400, TEST = 600 };

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
    const double length = uniform(0.55, 0.85) * SAMPLES, start = uniform(0, SAMPLES - length);
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

static double mel(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

static double hz(double m)
{
    return 700 * (pow(10, m / 2595) - 1);
}

/* Power at one frequency (Goertzel). */
static double power(const double *frame, const double *window, double frequency)
{
    const double turn = 2 * cos(2 * pi * frequency / RATE);
    double before = 0, last = 0;
    int i;

    for (i = 0; i < FRAME; i++) {
        const double next = frame[i] * window[i] + turn * last - before;
        before = last;
        last = next;
    }
    return last * last + before * before - turn * last * before;
}

/* levels [FRAMES, BANDS]: 4 levels a decibel over 64 dB. */
static void listen(const double *samples, uint8_t *levels)
{
    const double low = mel(150), step = (mel(3800) - mel(150)) / (BANDS - 1);
    double window[FRAME];
    int f, b, i;

    for (i = 0; i < FRAME; i++)
        window[i] = 0.5 - 0.5 * cos(2 * pi * i / FRAME);
    for (f = 0; f < FRAMES; f++)
        for (b = 0; b < BANDS; b++) {
            const double level =
                40 * log10(1e-3 + power(samples + f * HOP, window, hz(low + b * step))) + 60;
            levels[f * BANDS + b] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
        }
}

static void put_size(FILE *file, uint32_t value)
{
    fputc((int)(value >> 24), file);
    fputc((int)(value >> 16 & 255), file);
    fputc((int)(value >> 8 & 255), file);
    fputc((int)(value & 255), file);
}

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void write_split(const char *folder, const char *images_name, const char *labels_name,
                        int count)
{
    static double samples[SAMPLES];
    uint8_t levels[FRAMES * BANDS];
    FILE *const images = create(folder, images_name), *const labels = create(folder, labels_name);
    int n;

    put_size(images, 0x803);
    put_size(images, (uint32_t)count);
    put_size(images, FRAMES);
    put_size(images, BANDS);
    put_size(labels, 0x801);
    put_size(labels, (uint32_t)count);
    for (n = 0; n < count; n++) {
        speak(n % WORDS, samples);
        listen(samples, levels);
        fwrite(levels, 1, sizeof levels, images);
        fputc(n % WORDS, labels);
    }
    if (fclose(images) != 0 || fclose(labels) != 0) {
        perror(folder);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_data FOLDER\n");
        return 2;
    }
    write_split(argv[1], "train-images-idx3-ubyte", "train-labels-idx1-ubyte", TRAIN);
    write_split(argv[1], "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", TEST);
    return 0;
}
