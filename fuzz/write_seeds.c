/* Writes .tflite files that the fuzzer starts from: write_seeds FOLDER. */
#include <stdio.h>

#include "tests/tflite_writer.h"

static int write_seed(const char *folder, const char *name, const written_net *net)
{
    static uint8_t bytes[WRITTEN_FILE_BYTES];
    char path[4096];
    const size_t byte_count = written_file(net, bytes);
    snprintf(path, sizeof path, "%s/%s.tflite", folder, name);
    FILE *const file = fopen(path, "wb");
    if (file == NULL)
        return 1;
    const int failed = fwrite(bytes, 1, byte_count, file) != byte_count;
    return fclose(file) != 0 || failed;
}

int main(int argc, char **argv)
{
    static written_net net;
    if (argc != 2)
        return 2;
    written_small_net(&net);
    int failed = write_seed(argv[1], "small", &net);
    written_wide_net(&net);
    failed |= write_seed(argv[1], "wide", &net);
    return failed;
}
