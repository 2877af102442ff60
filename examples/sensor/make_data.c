/* A set of synthetic accelerometer recordings, one CSV file a person: make_data FOLDER
 *
 * 50 rows a second: x, y, z in g and what the person does. Gravity comes from any direction and
 * changes every few seconds; a movement is periodic, with harmonics, along another direction, in
 * each person's own tempo and strength. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { RATE = 50, AXES = 3, PEOPLE = 24, SEGMENTS = 6, SEGMENT = 200 };

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

/* Rows of a few seconds in one posture. */
static void write_segment(FILE *file, int activity, double tempo, double strength)
{
    const double noise = uniform(0.01, 0.05);
    double gravity[AXES], movement[AXES], phases[3];
    int i, a;

    direction(gravity);
    direction(movement);
    for (i = 0; i < 3; i++)
        phases[i] = uniform(0, 2 * pi);
    for (i = 0; i < SEGMENT; i++) {
        const double at = 2 * pi * tempo * i / RATE;
        const double g = strength * (sin(at + phases[0]) +
                                     activities[activity].second * sin(2 * at + phases[1]) +
                                     activities[activity].third * sin(3 * at + phases[2]));
        for (a = 0; a < AXES; a++)
            fprintf(file, "%.3f,",
                    gravity[a] + g * movement[a] + noise * (uniform(-1, 1) + uniform(-1, 1)));
        fprintf(file, "%s\n", activities[activity].name);
    }
}

static void write_person(FILE *file)
{
    int activity, segment;

    fprintf(file, "x,y,z,activity\n");
    for (activity = 0; activity < ACTIVITIES; activity++) {
        const double tempo = uniform(activities[activity].slowest, activities[activity].fastest);
        const double strength =
            uniform(activities[activity].weakest, activities[activity].strongest);
        for (segment = 0; segment < SEGMENTS; segment++)
            write_segment(file, activity, tempo, strength);
    }
}

int main(int argc, char **argv)
{
    int person;

    if (argc != 2) {
        fprintf(stderr, "usage: make_data FOLDER\n");
        return 2;
    }
    for (person = 0; person < PEOPLE; person++) {
        char path[4096];
        FILE *file;

        snprintf(path, sizeof path, "%s/person%02d.csv", argv[1], person);
        file = fopen(path, "w");
        if (file != NULL)
            write_person(file);
        if (file == NULL || fclose(file) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}
