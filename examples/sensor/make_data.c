/* A set of synthetic accelerometer windows, in four IDX files: make_data FOLDER
 *
 * A window is gravity in any direction, a periodic movement with its harmonics along another, and
 * noise: [64 samples at 50 Hz, 1, 3 axes], 128 + 32 levels per g. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 64, RATE = 50, AXES = 3, TRAIN = 4000, TEST = 1000 };

static const double pi = 3.14159265358979323846;

/* What people do: steps a second, strength in g, share of the second and third harmonic. */
static const struct {
    const char *name;
    double slowest, fastest, weakest, strongest, second, third;
} activities[] = {
    {"still", 0.1, 0.3, 0.00, 0.02, 0.0, 0.0},   {"walking", 1.5, 2.1, 0.20, 0.45, 0.6, 0.1},
    {"running", 2.4, 3.2, 0.80, 1.60, 0.3, 0.2}, {"climbing", 1.0, 1.5, 0.20, 0.45, 0.1, 0.5},
    {"shaking", 4.0, 6.0, 0.50, 1.50, 0.0, 0.0},
};
enum { ACTIVITIES = sizeof activities / sizeof activities[0] };

static uint64_t state = 88172645463325252u;

static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

static void direction(double out[AXES])
{
    const double z = uniform(-1, 1), turn = uniform(0, 2 * pi), r = sqrt(1 - z * z);

    out[0] = r * cos(turn);
    out[1] = r * sin(turn);
    out[2] = z;
}

static void move(int activity, uint8_t *levels)
{
    const double tempo = uniform(activities[activity].slowest, activities[activity].fastest);
    const double strength = uniform(activities[activity].weakest, activities[activity].strongest);
    const double noise = uniform(0.01, 0.05);
    double gravity[AXES], movement[AXES], phases[3];
    int i, a;

    direction(gravity);
    direction(movement);
    for (i = 0; i < 3; i++)
        phases[i] = uniform(0, 2 * pi);
    for (i = 0; i < SAMPLES; i++) {
        const double at = 2 * pi * tempo * i / RATE;
        const double g = strength * (sin(at + phases[0]) +
                                     activities[activity].second * sin(2 * at + phases[1]) +
                                     activities[activity].third * sin(3 * at + phases[2]));
        for (a = 0; a < AXES; a++) {
            const double level = 128 + 32 * (gravity[a] + g * movement[a] +
                                             noise * (uniform(-1, 1) + uniform(-1, 1)));
            levels[i * AXES + a] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
        }
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

static void finish(FILE *file, const char *folder)
{
    if (fclose(file) != 0) {
        perror(folder);
        exit(1);
    }
}

static void write_split(const char *folder, const char *images_name, const char *labels_name,
                        int count)
{
    uint8_t levels[SAMPLES * AXES];
    FILE *const images = create(folder, images_name), *const labels = create(folder, labels_name);
    int n;

    put_size(images, 0x804);
    put_size(images, (uint32_t)count);
    put_size(images, SAMPLES);
    put_size(images, 1);
    put_size(images, AXES);
    put_size(labels, 0x801);
    put_size(labels, (uint32_t)count);
    for (n = 0; n < count; n++) {
        move(n % ACTIVITIES, levels);
        fwrite(levels, 1, sizeof levels, images);
        fputc(n % ACTIVITIES, labels);
    }
    finish(images, folder);
    finish(labels, folder);
}

int main(int argc, char **argv)
{
    FILE *classes;
    int i;

    if (argc != 2) {
        fprintf(stderr, "usage: make_data FOLDER\n");
        return 2;
    }
    write_split(argv[1], "train-images-idx4-ubyte", "train-labels-idx1-ubyte", TRAIN);
    write_split(argv[1], "t10k-images-idx4-ubyte", "t10k-labels-idx1-ubyte", TEST);
    classes = create(argv[1], "classes.txt");
    for (i = 0; i < ACTIVITIES; i++)
        fprintf(classes, "%s\n", activities[i].name);
    finish(classes, argv[1]);
    return 0;
}
