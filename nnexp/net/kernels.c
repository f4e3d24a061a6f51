/* Plain descent on small nets: theta moves by -step_size * (gradient + penalty), many steps in one call.

Two kernels: `lanes` for very small batches, element by element with runs last, LANES of them at a time; `rows` for more
examples, one run at a time with examples last, in register tiles. A layer of m inputs and n units is n rows of m weights
and, where there are offsets, the unit's offset. Activations and losses are known by number, see nnexp/net/compiled.py.

A run's numbers do not depend on its neighbours: in `lanes` every lane does the same by itself, in `rows` a run is alone.
Nothing here is fast at the cost of meaning: no reassociation but in sums over examples, which are always split the same way. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LANES 64
#define WIDE 8
#define FEW 8
#define LONG 256
#define PIECE 16384 /* numbers of a layer that are worked on at once */

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

static double *numbers(int64_t count) { return aligned_alloc(64, ((count * 8 + 63) / 64 + 1) * 64); }

/* The next multiple of two vectors. */
static int64_t rounded(int64_t count) { return (count + 2 * WIDE - 1) / (2 * WIDE) * (2 * WIDE); }

static int64_t widest(const Net *net) {
    int64_t most = 1;
    for (int64_t i = 0; i <= net->layers; i++)
        if (net->sizes[i] > most) most = net->sizes[i];
    return most;
}

/* exp(x) - 1 for |x| <= 708, within about 2 units in the last place: x = k ln 2 + r, 2^k (1 + p(r)) - 1. */
static inline double expm1_of(double x) {
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
    return (p * r * r + r) * power + (power - 1.0);
}

static inline double within(double x, double low, double high) {
    x = x < low ? low : x;
    return x > high ? high : x;
}

static void activate(int64_t code, double leak, const double *restrict z, double *restrict a, int64_t count) {
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

static void times_slope(int64_t code, double leak, const double *restrict a, double *restrict delta, int64_t count) {
    if (code == TANH)
        for (int64_t i = 0; i < count; i++) delta[i] *= 1.0 - a[i] * a[i];
    else if (code == SIGMOID)
        for (int64_t i = 0; i < count; i++) delta[i] *= a[i] * (1.0 - a[i]);
    else if (code == RELU)
        for (int64_t i = 0; i < count; i++) delta[i] *= a[i] > 0.0 ? 1.0 : 0.0;
    else if (code == LEAKY_RELU)
        for (int64_t i = 0; i < count; i++) delta[i] *= a[i] > 0.0 ? 1.0 : leak;
}

static void softmax(double *restrict z, double *restrict guess, double *restrict top, int64_t outputs, int64_t width) {
    for (int64_t e = 0; e < width; e++) top[e] = z[e];
    for (int64_t j = 1; j < outputs; j++)
        for (int64_t e = 0; e < width; e++) top[e] = z[j * width + e] > top[e] ? z[j * width + e] : top[e];
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t e = 0; e < width; e++)
            guess[j * width + e] = 1.0 + expm1_of(within(z[j * width + e] - top[e], -708.0, 708.0));
    for (int64_t e = 0; e < width; e++) top[e] = 0.0;
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t e = 0; e < width; e++) top[e] += guess[j * width + e];
    for (int64_t j = 0; j < outputs; j++)
        for (int64_t e = 0; e < width; e++) guess[j * width + e] /= top[e];
}

/* dL/dz of (outputs, width) numbers. */
static void loss_slope(int64_t loss, double *restrict z, const double *restrict y, double *restrict delta,
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

/* ---- lanes ---- */

static void lane_sums(const double *restrict W, int64_t m, int64_t n, int64_t offsets, const double *restrict below,
                      double *restrict z) {
    for (int64_t j = 0; j < n; j++, z += LANES) {
        const double *row = W + j * (m + offsets) * LANES;
        double sum[LANES];
        for (int b = 0; b < LANES; b++) sum[b] = offsets ? row[m * LANES + b] : 0.0;
        for (int64_t k = 0; k < m; k++)
            for (int b = 0; b < LANES; b++) sum[b] += row[k * LANES + b] * below[k * LANES + b];
        memcpy(z, sum, sizeof sum);
    }
}

static void lane_back(const double *restrict W, int64_t m, int64_t n, int64_t offsets, const double *restrict delta,
                      double *restrict below) {
    for (int64_t k = 0; k < m; k++) {
        double sum[LANES] = {0.0};
        for (int64_t j = 0; j < n; j++)
            for (int b = 0; b < LANES; b++) sum[b] += W[(j * (m + offsets) + k) * LANES + b] * delta[j * LANES + b];
        memcpy(below + k * LANES, sum, sizeof sum);
    }
}

static void lane_outer(double *restrict G, int64_t m, int64_t n, int64_t offsets, const double *restrict delta,
                       const double *restrict below, int add) {
    for (int64_t j = 0; j < n; j++, delta += LANES) {
        for (int64_t k = 0; k < m; k++, G += LANES)
            for (int b = 0; b < LANES; b++) G[b] = (add ? G[b] : 0.0) + delta[b] * below[k * LANES + b];
        if (offsets) {
            for (int b = 0; b < LANES; b++) G[b] = (add ? G[b] : 0.0) + delta[b];
            G += LANES;
        }
    }
}

static void lane_gradient(const Net *net, const double *W, double *G, double **a, double **delta, double *z, double *y,
                          double *top, const double *scale, int add) {
    const int64_t *s = net->sizes, L = net->layers;
    for (int64_t i = 0; i < L; i++) {
        lane_sums(W, s[i], s[i + 1], net->offsets, a[i], z);
        if (i + 1 < L) activate(net->codes[i], net->leaks[i], z, a[i + 1], s[i + 1] * LANES);
        W += s[i + 1] * (s[i] + net->offsets) * LANES;
        G += s[i + 1] * (s[i] + net->offsets) * LANES;
    }
    loss_slope(net->loss, z, y, delta[L], top, s[L], LANES);
    for (int64_t k = 0; k < s[L]; k++)
        for (int b = 0; b < LANES; b++) delta[L][k * LANES + b] *= scale[b];
    for (int64_t i = L - 1; i >= 0; i--) {
        W -= s[i + 1] * (s[i] + net->offsets) * LANES;
        G -= s[i + 1] * (s[i] + net->offsets) * LANES;
        if (i) {
            lane_back(W, s[i], s[i + 1], net->offsets, delta[i + 1], delta[i]);
            times_slope(net->codes[i - 1], net->leaks[i - 1], a[i], delta[i], s[i] * LANES);
        }
        lane_outer(G, s[i], s[i + 1], net->offsets, delta[i + 1], a[i], add);
    }
}

static void lane_update(const Net *net, double *restrict W, const double *restrict G, const double *scale, const double *l2,
                        const double *l1, int pulled) {
    for (int64_t p = 0; p < net->parameters; p++, W += LANES, G += LANES)
        if (pulled && net->penalized[p])
            for (int b = 0; b < LANES; b++) W[b] += G[b] + scale[b] * (l2[b] * W[b] + l1[b] * sign(W[b]));
        else
            for (int b = 0; b < LANES; b++) W[b] += G[b];
}

/* theta (parameters, runs) is moved by `steps` steps; order (steps, runs, batch), step_sizes (steps, runs); l2, l1 (runs). */
void lanes(const Net *net, double *theta, int64_t runs, const int64_t *order, int64_t batch, const double *step_sizes,
           int64_t steps, const double *l2, const double *l1) {
    int64_t L = net->layers, most = widest(net), P = net->parameters, n = net->examples;
    double *a[L + 1], *delta[L + 1], *W = numbers(P * LANES), *G = numbers(P * LANES);
    double *z = numbers(most * LANES), *y = numbers(most * LANES), *top = numbers(LANES);
    double scale[LANES], share[LANES], pull2[LANES], pull1[LANES];
    for (int64_t i = 0; i <= L; i++) a[i] = numbers(most * LANES), delta[i] = numbers(most * LANES);
    for (int64_t start = 0; start < runs; start += LANES) {
        int pulled = 0;
        for (int b = 0; b < LANES; b++) {
            int64_t run = start + b < runs ? start + b : runs - 1; /* what is left over is filled up with the last run */
            pull2[b] = l2[run], pull1[b] = l1[run];
            pulled |= pull2[b] > 0.0 || pull1[b] > 0.0;
            for (int64_t p = 0; p < P; p++) W[p * LANES + b] = theta[p * runs + run];
        }
        for (int64_t t = 0; t < steps; t++) {
            for (int64_t i = 0; i < batch; i++) {
                for (int b = 0; b < LANES; b++) {
                    int64_t run = start + b < runs ? start + b : runs - 1, e = order[(t * runs + run) * batch + i];
                    scale[b] = -step_sizes[t * runs + run], share[b] = scale[b] / batch;
                    for (int64_t k = 0; k < net->sizes[0]; k++) a[0][k * LANES + b] = net->X[k * n + e];
                    for (int64_t k = 0; k < net->sizes[L]; k++) y[k * LANES + b] = net->Y[k * n + e];
                }
                lane_gradient(net, W, G, a, delta, z, y, top, share, i > 0);
            }
            lane_update(net, W, G, scale, pull2, pull1, pulled);
        }
        for (int b = 0; b < LANES && start + b < runs; b++)
            for (int64_t p = 0; p < P; p++) theta[p * runs + start + b] = W[p * LANES + b];
    }
    for (int64_t i = 0; i <= L; i++) free(a[i]), free(delta[i]);
    free(W), free(G), free(z), free(y), free(top);
}

/* ---- rows ---- */

/* out[r][e] = start[r] + sum over c of M[r * down + c * across] * in[c][e]: `tall` rows and two vectors of examples. */
#define TILE(TALL)                                                                                                        \
    static inline void tile_##TALL(double *out, const double *M, int64_t down, int64_t across, int64_t inner,             \
                                   const double *start, const double *in, int64_t width) {                               \
        vec left[TALL], right[TALL];                                                                                     \
        for (int r = 0; r < TALL; r++) left[r] = right[r] = (vec){0} + (start ? start[r * down] : 0.0);                   \
        for (int64_t c = 0; c < inner; c++, in += width, M += across) {                                                  \
            vec one = *(const loose *)in, two = *(const loose *)(in + WIDE);                                              \
            for (int r = 0; r < TALL; r++) left[r] += M[r * down] * one, right[r] += M[r * down] * two;                   \
        }                                                                                                                \
        for (int r = 0; r < TALL; r++) *(loose *)(out + r * width) = left[r], *(loose *)(out + r * width + WIDE) = right[r]; \
    }
TILE(1)
TILE(2)
TILE(4)
TILE(8)

/* The product of a small matrix (rows, inner) with in (inner, width); width is a multiple of two vectors. */
static void product(double *out, int64_t rows, const double *M, int64_t down, int64_t across, int64_t inner,
                    const double *start, const double *in, int64_t width) {
    for (int64_t e = 0; e < width; e += 2 * WIDE) {
        int64_t r = 0;
        for (; r + 8 <= rows; r += 8)
            tile_8(out + r * width + e, M + r * down, down, across, inner, start ? start + r * down : 0, in + e, width);
        for (; r + 4 <= rows; r += 4)
            tile_4(out + r * width + e, M + r * down, down, across, inner, start ? start + r * down : 0, in + e, width);
        for (; r + 2 <= rows; r += 2)
            tile_2(out + r * width + e, M + r * down, down, across, inner, start ? start + r * down : 0, in + e, width);
        for (; r < rows; r++)
            tile_1(out + r * width + e, M + r * down, down, across, inner, start ? start + r * down : 0, in + e, width);
    }
}

static inline double total(vec v) {
    double sum = 0.0;
    for (int i = 0; i < WIDE; i++) sum += v[i];
    return sum;
}

/* G[j][k] += sum over examples of delta[j][e] * below[k][e], for TALL units and BROAD inputs at once. */
#define DOTS(TALL, BROAD)                                                                                                \
    static inline void dots_##TALL##_##BROAD(double *G, int64_t columns, const double *delta, const double *below,        \
                                             int64_t width) {                                                            \
        vec sums[TALL][BROAD];                                                                                           \
        for (int j = 0; j < TALL; j++)                                                                                   \
            for (int k = 0; k < BROAD; k++) sums[j][k] = (vec){0};                                                        \
        for (int64_t e = 0; e < width; e += WIDE)                                                                        \
            for (int k = 0; k < BROAD; k++) {                                                                            \
                vec b = *(const loose *)(below + k * width + e);                                                          \
                for (int j = 0; j < TALL; j++) sums[j][k] += *(const loose *)(delta + j * width + e) * b;                 \
            }                                                                                                            \
        for (int j = 0; j < TALL; j++)                                                                                   \
            for (int k = 0; k < BROAD; k++) G[j * columns + k] += total(sums[j][k]);                                     \
    }
DOTS(4, 4)
DOTS(4, 1)
DOTS(1, 4)
DOTS(1, 1)

static void scalar_products(double *G, int64_t columns, int64_t m, int64_t n, const double *delta, const double *below,
                            int64_t width) {
    for (; n >= 4; n -= 4, G += 4 * columns, delta += 4 * width) {
        int64_t k = 0;
        for (; k + 4 <= m; k += 4) dots_4_4(G + k, columns, delta, below + k * width, width);
        for (; k < m; k++) dots_4_1(G + k, columns, delta, below + k * width, width);
    }
    for (; n; n--, G += columns, delta += width) {
        int64_t k = 0;
        for (; k + 4 <= m; k += 4) dots_1_4(G + k, columns, delta, below + k * width, width);
        for (; k < m; k++) dots_1_1(G + k, columns, delta, below + k * width, width);
    }
}

/* Buffers for a piece of at most `width` examples. */
typedef struct {
    int64_t width, broad;
    double **a, **delta, *G, *z, *top, *ones, *turned, *into;
} Work;

/* Add the gradient of one layer, delta times what came in, summed over the examples; delta is 0 from `count` on. Of few
   inputs or units, or many examples, by scalar products, else as the product of delta with the inputs turned over, an example a row, a 1 last. */
static void outer(double *G, int64_t m, int64_t n, int64_t offsets, const double *delta, const double *below, int64_t count,
                  const Work *work) {
    int64_t columns = m + offsets, broad = rounded(columns), width = work->width;
    if (m < FEW || n < FEW || count >= LONG) {
        scalar_products(G, columns, m, n, delta, below, width);
        if (offsets) scalar_products(G + m, columns, 1, n, delta, work->ones, width);
        return;
    }
    for (int64_t e = 0; e < count; e++) {
        for (int64_t k = 0; k < m; k++) work->turned[e * broad + k] = below[k * width + e];
        for (int64_t k = m; k < broad; k++) work->turned[e * broad + k] = 1.0;
    }
    product(work->into, n, delta, width, 1, count, 0, work->turned, broad);
    for (int64_t j = 0; j < n; j++)
        for (int64_t k = 0; k < columns; k++) G[j * columns + k] += work->into[j * broad + k];
}

/* Add the gradient on a piece of `count` examples, X (m, width) and Y (outputs, width), times scale. */
static void row_gradient(const Net *net, const double *W, double *X, const double *Y, double scale, int64_t count, Work *work) {
    const int64_t *s = net->sizes, L = net->layers, o = net->offsets, width = work->width;
    double **a = work->a, **delta = work->delta, *G = work->G;
    a[0] = X;
    for (int64_t i = 0; i < L; i++) {
        product(work->z, s[i + 1], W, s[i] + o, 1, s[i], o ? W + s[i] : 0, a[i], width);
        if (i + 1 < L) activate(net->codes[i], net->leaks[i], work->z, a[i + 1], s[i + 1] * width);
        W += s[i + 1] * (s[i] + o), G += s[i + 1] * (s[i] + o);
    }
    loss_slope(net->loss, work->z, Y, delta[L], work->top, s[L], width);
    for (int64_t k = 0; k < s[L]; k++)
        for (int64_t e = 0; e < width; e++) delta[L][k * width + e] = e < count ? delta[L][k * width + e] * scale : 0.0;
    for (int64_t i = L - 1; i >= 0; i--) {
        W -= s[i + 1] * (s[i] + o), G -= s[i + 1] * (s[i] + o);
        if (i) {
            product(delta[i], s[i], W, 1, s[i] + o, s[i + 1], 0, delta[i + 1], width);
            times_slope(net->codes[i - 1], net->leaks[i - 1], a[i], delta[i], s[i] * width);
        }
        outer(G, s[i], s[i + 1], o, delta[i + 1], a[i], count, work);
    }
}

static Work row_work(const Net *net, int64_t count) {
    int64_t most = widest(net), width = rounded(count), L = net->layers;
    if (width % 64 == 0) width += 2 * WIDE; /* rows a power of two apart would crowd a corner of the cache */
    int64_t broad = rounded(most + 1);
    Work work = {width, broad, malloc(8 * (L + 1)), malloc(8 * (L + 1)), numbers(net->parameters), numbers(most * width),
                 numbers(width), numbers(width), numbers(count * broad), numbers(most * broad)};
    for (int64_t i = 0; i <= L; i++) work.a[i] = 0, work.delta[i] = 0;
    for (int64_t i = 1; i <= L; i++) work.a[i] = numbers(net->sizes[i] * width), work.delta[i] = numbers(net->sizes[i] * width);
    for (int64_t e = 0; e < width; e++) work.ones[e] = 1.0;
    return work;
}

static void done(const Net *net, Work *work) {
    for (int64_t i = 1; i <= net->layers; i++) free(work->a[i]), free(work->delta[i]);
    free(work->a), free(work->delta), free(work->G), free(work->z), free(work->top), free(work->ones), free(work->turned), free(work->into);
}

/* Put examples first .. first + count - 1, or those that `chosen` names, side by side, (rows, width), zeros after them. */
static void gather(double *into, const double *from, int64_t rows, int64_t n, int64_t first, const int64_t *chosen, int64_t count,
                   int64_t width) {
    for (int64_t k = 0; k < rows; k++)
        for (int64_t e = 0; e < width; e++)
            into[k * width + e] = e < count ? from[k * n + (chosen ? chosen[first + e] : first + e)] : 0.0;
}

/* theta (runs, parameters) is moved by `steps` steps; order (steps, runs, batch), or batch 0 where each sees all examples. */
void rows(const Net *net, double *theta, int64_t runs, const int64_t *order, int64_t batch, const double *step_sizes,
          int64_t steps, const double *l2, const double *l1) {
    int64_t P = net->parameters, n = net->examples, seen = batch ? batch : n, fit = PIECE / widest(net);
    int64_t m = net->sizes[0], outputs = net->sizes[net->layers], most = fit < 64 ? 64 : fit;
    most = seen < most ? seen : most;
    int64_t pieces = (seen + most - 1) / most;
    Work work = row_work(net, most);
    double *X = numbers(pieces * m * work.width), *Y = numbers(pieces * outputs * work.width);
    for (int64_t run = 0; run < runs; run++, theta += P)
        for (int64_t t = 0; t < steps; t++) {
            double scale = -step_sizes[t * runs + run];
            memset(work.G, 0, 8 * P);
            for (int64_t i = 0; i < pieces; i++) {
                int64_t first = i * most, count = seen - first < most ? seen - first : most;
                double *x = X + i * m * work.width, *y = Y + i * outputs * work.width;
                if (batch || (run == 0 && t == 0)) {
                    const int64_t *chosen = batch ? order + (t * runs + run) * batch : 0;
                    gather(x, net->X, m, n, first, chosen, count, work.width);
                    gather(y, net->Y, outputs, n, first, chosen, count, work.width);
                }
                row_gradient(net, theta, x, y, scale / seen, count, &work);
            }
            for (int64_t p = 0; p < P; p++) {
                double w = theta[p];
                theta[p] = w + (work.G[p] + (net->penalized[p] ? scale * (l2[run] * w + l1[run] * sign(w)) : 0.0));
            }
        }
    done(net, &work), free(X), free(Y);
}
