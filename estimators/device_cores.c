#include "estimators/device_cores.h"

#include <string.h>

static const tnas_device_core cores[] = {
#define TNAS_CORE(name, words, cross, flags, folders, board, compiler)                             \
    {name,                                                                                         \
     words,                                                                                        \
     cross,                                                                                        \
     flags " " TNAS_DEVICE_FLAGS,                                                                  \
     folders,                                                                                      \
     board,                                                                                        \
     sizeof compiler != sizeof "own"},
#include "estimators/device_cores.def"
#undef TNAS_CORE
};
enum { CORE_COUNT = sizeof cores / sizeof cores[0] };

int tnas_device_core_count(void)
{
    return CORE_COUNT;
}

const tnas_device_core *tnas_device_core_at(int index)
{
    return &cores[index];
}

static bool has_words(const tnas_device_core *device, const char *core)
{
    return strcasestr(core, device->words) != NULL;
}

const tnas_device_core *tnas_device_core_of(const char *core)
{
    for (int i = 0; core != NULL && i < CORE_COUNT; i++)
        if (has_words(&cores[i], core))
            return &cores[i];
    return &cores[0]; /* Cortex-M7 */
}

bool tnas_device_core_is_exact(const tnas_device_core *device, const char *core)
{
    return has_words(device, core) && !device->stand_in;
}
