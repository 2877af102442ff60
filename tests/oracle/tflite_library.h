/* The TensorFlow Lite C library, opened at run time, as the oracle of tests: whole networks on
 * int8 inputs. scripts/test_tflite.sh fetches it. Prototypes are our own, of the few functions
 * that are called (tensorflow/lite/c/c_api.h). */
#ifndef TNAS_TESTS_ORACLE_TFLITE_LIBRARY_H
#define TNAS_TESTS_ORACLE_TFLITE_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "graph/model.h"

/* Opens the library; ends the program with a sentence when it cannot. */
void oracle_open(const char *path);
const char *oracle_version(void);

typedef struct oracle_net oracle_net;

/* Prepares a .tflite file, whose bytes must outlive the network. in and out are what int8 stands
 * for where the file's border is float32. NULL, with the library's message printed, when it refuses
 * the file. */
oracle_net *oracle_net_create(const void *bytes, size_t byte_count, tnas_quant in, tnas_quant out);
void oracle_net_destroy(oracle_net *net);

size_t oracle_net_in_count(const oracle_net *net); /* elements */
size_t oracle_net_out_count(const oracle_net *net);

void oracle_net_run(oracle_net *net, const int8_t *in, int8_t *out);

#endif
