/* How good is a net on some examples? Sums of the loss, and of what is said wrongly. */

#include "net.h"

/* ln(1 + t) for 0 <= t <= 1: 2 artanh(s), s = t / (2 + t) <= 1/3, by its series. */
static inline double log1p_of(double t) {
    double s = t / (2.0 + t), square = s * s, sum = 1.0 / 33.0;
#define TERM(K) sum = sum * square + 1.0 / K;
    TERM(31) TERM(29) TERM(27) TERM(25) TERM(23) TERM(21) TERM(19) TERM(17)
    TERM(15) TERM(13) TERM(11) TERM(9) TERM(7) TERM(5) TERM(3)
    return 2.0 * s * (sum * square + 1.0);
}

/* The loss of each of `width` examples is left in `loss`, z and y are (outputs, width). */
static inline void losses(int64_t kind, const double *restrict z, const double *restrict y, double *restrict loss, int64_t outputs,
                   int64_t width) {
    for (int64_t e = 0; e < width; e++) loss[e] = 0.0;
    if (kind == SOFTMAX_NLL) {
        for (int64_t e = 0; e < width; e++) {
            double top = z[e], sum = 0.0, hit = 0.0;
            for (int64_t k = 1; k < outputs; k++) top = z[k * width + e] > top ? z[k * width + e] : top;
            for (int64_t k = 0; k < outputs; k++) {
                sum += exp_of(within(z[k * width + e] - top, -708.0, 0.0));
                hit += y[k * width + e] * z[k * width + e];
            }
            loss[e] = top + log(sum) - hit;
        }
        return;
    }
    for (int64_t k = 0; k < outputs; k++, z += width, y += width)
        if (kind == SQUARED)
            for (int64_t e = 0; e < width; e++) loss[e] += (z[e] - y[e]) * (z[e] - y[e]);
        else
            for (int64_t e = 0; e < width; e++) {
                double size = z[e] < 0.0 ? -z[e] : z[e], above = z[e] < 0.0 ? 0.0 : z[e];
                loss[e] += (above - y[e] * z[e]) + log1p_of(exp_of(within(-size, -708.0, 0.0)));
            }
}

/* Count examples whose largest z is not their class's. */
static inline int64_t misplaced(const double *z, const double *y, int64_t outputs, int64_t width, int64_t count) {
    int64_t wrong = 0;
    for (int64_t e = 0; e < count; e++) {
        int64_t says = 0, is = 0;
        for (int64_t k = 1; k < outputs; k++) {
            says = z[k * width + e] > z[says * width + e] ? k : says;
            is = y[k * width + e] > y[is * width + e] ? k : is;
        }
        wrong += says != is;
    }
    return wrong;
}

static inline double sum_of(const double *values, int64_t count) {
    double sums[WIDE] = {0.0}, sum = 0.0;
    int64_t e = 0;
    for (; e + WIDE <= count; e += WIDE)
        for (int i = 0; i < WIDE; i++) sums[i] += values[e + i];
    for (int i = 0; i < WIDE; i++) sum += sums[i];
    for (; e < count; e++) sum += values[e];
    return sum;
}

/* Add to found[0 .. 3] the losses of `count` examples, how many are put in a wrong class, and how many outputs say 1 where it
   is 0 and the other way; z and y are (outputs, width), room has width numbers. */
static inline void add_sums(const Net *net, const double *z, const double *y, double *room, int64_t width, int64_t count,
                            double *found) {
    int64_t outputs = net->sizes[net->layers];
    double threshold = net->loss == SQUARED ? 0.5 : 0.0;
    losses(net->loss, z, y, room, outputs, width);
    found[0] += sum_of(room, count);
    if (outputs > 1) found[1] += misplaced(z, y, outputs, width, count);
    for (int64_t k = 0; k < outputs; k++, z += width, y += width) {
        int64_t said = 0, missed = 0;
        for (int64_t e = 0; e < count; e++) {
            said += (z[e] > threshold) & (y[e] <= 0.5);
            missed += !(z[e] > threshold) & (y[e] > 0.5);
        }
        found[2] += said, found[3] += missed;
    }
}
