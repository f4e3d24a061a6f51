/* Plain descent on small nets, one run at a time with examples last, in register tiles; theta moves by
-step_size * (gradient + penalty), many steps in one call. */

#include "products.h"
#include "sums.h"

#define FEW 8
#define LONG 256

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

/* Add the gradient on a piece of `count` examples, X (m, width) and Y (outputs, width), times scale; and where asked for,
   what the examples add to the sums in `found`. */
static void row_gradient(const Net *net, const double *W, double *X, const double *Y, double scale, int64_t count, Work *work,
                         double *found) {
    const int64_t *s = net->sizes, L = net->layers, o = net->offsets, width = work->width;
    double **a = work->a, **delta = work->delta, *G = work->G;
    a[0] = X;
    for (int64_t i = 0; i < L; i++) {
        product(work->z, s[i + 1], W, s[i] + o, 1, s[i], o ? W + s[i] : 0, a[i], width);
        if (i + 1 < L) activate(net->codes[i], net->leaks[i], work->z, a[i + 1], s[i + 1] * width);
        W += s[i + 1] * (s[i] + o), G += s[i + 1] * (s[i] + o);
    }
    if (found) add_sums(net, work->z, Y, work->top, width, count, found);
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

/* theta (runs, parameters) is moved by `steps` steps; order (steps, runs, batch), or batch 0 where each sees all examples;
   then `found` (runs, 4), if given, becomes what add_sums adds up at the start. */
void rows(const Net *net, double *theta, int64_t runs, const int64_t *order, int64_t batch, const double *step_sizes,
          int64_t steps, const double *l2, const double *l1, double *found) {
    int64_t P = net->parameters, n = net->examples, seen = batch ? batch : n, most = piece_of(net, seen);
    int64_t m = net->sizes[0], outputs = net->sizes[net->layers];
    int64_t pieces = (seen + most - 1) / most;
    Work work = row_work(net, most);
    if (found) memset(found, 0, 32 * runs);
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
                row_gradient(net, theta, x, y, scale / seen, count, &work,
                             found && t == 0 ? found + 4 * run : 0);
            }
            for (int64_t p = 0; p < P; p++) {
                double w = theta[p];
                theta[p] = w + (work.G[p] + (net->penalized[p] ? scale * (l2[run] * w + l1[run] * sign(w)) : 0.0));
            }
        }
    done(net, &work), free(X), free(Y);
}
