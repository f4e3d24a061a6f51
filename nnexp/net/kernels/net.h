/* A net as the kernels know it, and what is done element by element: activations, their slopes, losses' slopes.

A layer of m inputs and n units is n rows of m weights and, where there are offsets, the unit's offset. Activations and
losses are known by number, see nnexp/net/compiled.py. Nothing here is fast at the cost of meaning: no reassociation but in
sums over examples, which are always split the same way. */

#ifndef NET_H
#define NET_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WIDE 8

typedef double vec __attribute__((vector_size(8 * WIDE)));
typedef double loose __attribute__((vector_size(8 * WIDE), aligned(8)));
enum { IDENTITY, SIGMOID, TANH, RELU, LEAKY_RELU };
enum { SQUARED, NLL, SOFTMAX_NLL };

typedef struct {
    int64_t layers, offsets, loss, parameters, examples;
    const int64_t *sizes, *codes;
    const double *leaks, *X, *Y; /* X (m, examples), Y (outputs, examples) */
    const uint8_t *penalized;    /* (parameters) */
} Net;

static inline double *numbers(int64_t count) { return aligned_alloc(64, ((count * 8 + 63) / 64 + 1) * 64); }

/* The next multiple of two vectors. */
static inline int64_t rounded(int64_t count) { return (count + 2 * WIDE - 1) / (2 * WIDE) * (2 * WIDE); }

static inline int64_t widest(const Net *net) {
    int64_t most = 1;
    for (int64_t i = 0; i <= net->layers; i++)
        if (net->sizes[i] > most) most = net->sizes[i];
    return most;
}

/* exp(x) for |x| <= 708, within about 2 units in the last place: x = k ln 2 + r, exp(x) = power + rest, power = 2^k. */
static inline double exp_in_parts(double x, double *rest) {
    const double shift = 6755399441055744.0; /* 1.5 * 2^52: adding it leaves k in the low bits */
    double shifted = x * 1.4426950408889634 + shift, k = shifted - shift;
    double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
    double p = 1.0 / 6227020800.0, power;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    int64_t bits;
    memcpy(&bits, &shifted, 8);
    bits = (int64_t)(((uint64_t)bits + 1023) << 52);
    memcpy(&power, &bits, 8);
    *rest = (p * r * r + r) * power;
    return power;
}

static inline double expm1_of(double x) {
    double rest, power = exp_in_parts(x, &rest);
    return rest + (power - 1.0);
}

static inline double exp_of(double x) {
    double rest, power = exp_in_parts(x, &rest);
    return rest + power;
}

static inline double within(double x, double low, double high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

static inline void activate(int64_t code, double leak, const double *restrict z, double *restrict a, int64_t count) {
    if (code == TANH)
        for (int64_t i = 0; i < count; i++) {
            double e = expm1_of(within(2.0 * z[i], -40.0, 40.0));
            a[i] = e / (e + 2.0);
        }
    else if (code == SIGMOID)
        for (int64_t i = 0; i < count; i++) a[i] = 1.0 / (2.0 + expm1_of(within(-z[i], -708.0, 708.0)));
    else if (code == RELU)
        for (int64_t i = 0; i < count; i++) a[i] = z[i] < 0.0 ? 0.0 : z[i];
    else if (code == LEAKY_RELU)
        for (int64_t i = 0; i < count; i++) a[i] = z[i] < leak * z[i] ? leak * z[i] : z[i];
    else
        memcpy(a, z, 8 * count);
}

static inline void times_slope(int64_t code, double leak, const double *restrict a, double *restrict delta, int64_t count) {
    if (code == TANH)
        for (int64_t i = 0; i < count; i++) delta[i] *= 1.0 - a[i] * a[i];
    else if (code == SIGMOID)
        for (int64_t i = 0; i < count; i++) delta[i] *= a[i] * (1.0 - a[i]);
    else if (code == RELU)
        for (int64_t i = 0; i < count; i++) delta[i] *= a[i] > 0.0 ? 1.0 : 0.0;
    else if (code == LEAKY_RELU)
        for (int64_t i = 0; i < count; i++) delta[i] *= a[i] > 0.0 ? 1.0 : leak;
}

static inline void softmax(double *restrict z, double *restrict guess, double *restrict top, int64_t outputs, int64_t width) {
    for (int64_t e = 0; e < width; e++) top[e] = z[e];
    for (int64_t j = 1; j < outputs; j++)
        for (int64_t e = 0; e < width; e++) top[e] = z[j * width + e] > top[e] ? z[j * width + e] : top[e];
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t e = 0; e < width; e++)
            guess[j * width + e] = exp_of(within(z[j * width + e] - top[e], -708.0, 0.0));
    for (int64_t e = 0; e < width; e++) top[e] = 0.0;
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t e = 0; e < width; e++) top[e] += guess[j * width + e];
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t e = 0; e < width; e++) guess[j * width + e] /= top[e];
}

/* dL/dz of (outputs, width) numbers. */
static inline void loss_slope(int64_t loss, double *restrict z, const double *restrict y, double *restrict delta,
                       double *restrict top, int64_t outputs, int64_t width) {
    int64_t count = outputs * width;
    if (loss == SQUARED) {
        for (int64_t i = 0; i < count; i++) delta[i] = 2.0 * (z[i] - y[i]);
        return;
    }
    if (loss == NLL)
        activate(SIGMOID, 0.0, z, delta, count);
    else
        softmax(z, delta, top, outputs, width);
    for (int64_t i = 0; i < count; i++) delta[i] -= y[i];
}

static inline double sign(double w) { return (double)((w > 0.0) - (w < 0.0)); }

#endif
