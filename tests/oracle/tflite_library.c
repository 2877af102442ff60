#include "tests/oracle/tflite_library.h"

#include <assert.h>
#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/alloc.h"

typedef struct TfLiteModel TfLiteModel;
typedef struct TfLiteInterpreter TfLiteInterpreter;
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
typedef struct TfLiteTensor TfLiteTensor;
typedef void error_reporter(void *user, const char *format, va_list arguments);

enum { TYPE_FLOAT32 = 1, TYPE_UINT8 = 3, TYPE_INT8 = 9 };

/*  returns                     name                        parameters */
#define FUNCTIONS(X)                                                                               \
    X(const char *, Version, (void))                                                               \
    X(TfLiteModel *, ModelCreate, (const void *, size_t))                                          \
    X(void, ModelDelete, (TfLiteModel *))                                                          \
    X(TfLiteInterpreterOptions *, InterpreterOptionsCreate, (void))                                \
    X(void, InterpreterOptionsDelete, (TfLiteInterpreterOptions *))                                \
    X(void, InterpreterOptionsSetNumThreads, (TfLiteInterpreterOptions *, int32_t))                \
    X(void, InterpreterOptionsSetErrorReporter,                                                    \
      (TfLiteInterpreterOptions *, error_reporter *, void *))                                      \
    X(TfLiteInterpreter *, InterpreterCreate,                                                      \
      (const TfLiteModel *, const TfLiteInterpreterOptions *))                                     \
    X(void, InterpreterDelete, (TfLiteInterpreter *))                                              \
    X(int, InterpreterAllocateTensors, (TfLiteInterpreter *))                                      \
    X(TfLiteTensor *, InterpreterGetInputTensor, (const TfLiteInterpreter *, int32_t))             \
    X(int, InterpreterInvoke, (TfLiteInterpreter *))                                               \
    X(const TfLiteTensor *, InterpreterGetOutputTensor, (const TfLiteInterpreter *, int32_t))      \
    X(int, TensorType, (const TfLiteTensor *))                                                     \
    X(size_t, TensorByteSize, (const TfLiteTensor *))                                              \
    X(void *, TensorData, (const TfLiteTensor *))

static struct {
#define FIELD(returns, name, parameters) returns(*name) parameters;
    FUNCTIONS(FIELD)
#undef FIELD
} tfl;

void oracle_open(const char *path)
{
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "cannot open the TensorFlow Lite library: %s\n", dlerror());
        exit(4);
    }
#define LOAD(returns, name, parameters)                                                            \
    *(void **)&tfl.name = dlsym(library, "TfLite" #name);                                          \
    if (tfl.name == NULL) {                                                                        \
        fprintf(stderr, "%s has no TfLite" #name "\n", path);                                      \
        exit(4);                                                                                   \
    }
    FUNCTIONS(LOAD)
#undef LOAD
}

const char *oracle_version(void)
{
    return tfl.Version();
}

struct oracle_net {
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
    tnas_quant in_quant, out_quant;
    int in_type, out_type;
    size_t in_count, out_count;
};

static void print_error(void *user, const char *format, va_list arguments)
{
    (void)user;
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

static size_t element_count(const TfLiteTensor *tensor)
{
    return tfl.TensorByteSize(tensor) / (tfl.TensorType(tensor) == TYPE_FLOAT32 ? 4 : 1);
}

static int is_prepared(oracle_net *net)
{
    if (net->interpreter == NULL || tfl.InterpreterAllocateTensors(net->interpreter) != 0)
        return 0;
    const TfLiteTensor *const in = tfl.InterpreterGetInputTensor(net->interpreter, 0);
    const TfLiteTensor *const out = tfl.InterpreterGetOutputTensor(net->interpreter, 0);
    net->in_type = tfl.TensorType(in);
    net->out_type = tfl.TensorType(out);
    net->in_count = element_count(in);
    net->out_count = element_count(out);
    return 1;
}

oracle_net *oracle_net_create(const void *bytes, size_t byte_count, tnas_quant in, tnas_quant out)
{
    oracle_net *const net = tnas_alloc_zero(1, sizeof *net);
    TfLiteInterpreterOptions *const options = tfl.InterpreterOptionsCreate();
    tfl.InterpreterOptionsSetNumThreads(options, 1);
    tfl.InterpreterOptionsSetErrorReporter(options, print_error, NULL);
    net->in_quant = in;
    net->out_quant = out;
    net->model = tfl.ModelCreate(bytes, byte_count);
    if (net->model != NULL)
        net->interpreter = tfl.InterpreterCreate(net->model, options);
    tfl.InterpreterOptionsDelete(options);
    if (is_prepared(net))
        return net;
    oracle_net_destroy(net);
    return NULL;
}

void oracle_net_destroy(oracle_net *net)
{
    if (net == NULL)
        return;
    if (net->interpreter != NULL)
        tfl.InterpreterDelete(net->interpreter);
    if (net->model != NULL)
        tfl.ModelDelete(net->model);
    tnas_free(net);
}

size_t oracle_net_in_count(const oracle_net *net)
{
    return net->in_count;
}

size_t oracle_net_out_count(const oracle_net *net)
{
    return net->out_count;
}

void oracle_net_run(oracle_net *net, const int8_t *in, int8_t *out)
{
    void *const to = tfl.TensorData(tfl.InterpreterGetInputTensor(net->interpreter, 0));
    for (size_t i = 0; i < net->in_count; i++) {
        if (net->in_type == TYPE_FLOAT32)
            ((float *)to)[i] = net->in_quant.scale * (float)(in[i] - net->in_quant.zero_point);
        else
            ((uint8_t *)to)[i] = (uint8_t)(in[i] + (net->in_type == TYPE_UINT8 ? 128 : 0));
    }
    if (tfl.InterpreterInvoke(net->interpreter) != 0) {
        fprintf(stderr, "TensorFlow Lite fails to run a network that it has prepared\n");
        exit(1);
    }
    const void *const from = tfl.TensorData(tfl.InterpreterGetOutputTensor(net->interpreter, 0));
    for (size_t i = 0; i < net->out_count; i++) {
        if (net->out_type == TYPE_FLOAT32)
            out[i] = (int8_t)(lroundf(((const float *)from)[i] / net->out_quant.scale) +
                              net->out_quant.zero_point);
        else
            out[i] = (int8_t)(((const uint8_t *)from)[i] - (net->out_type == TYPE_UINT8 ? 128 : 0));
    }
}
