/* Products with examples last, and how examples are put side by side. */

#include "net.h"

#define PIECE 16384 /* numbers of a layer that are worked on at once */

/* How many of `seen` examples go through at a time. */
static inline int64_t piece_of(const Net *net, int64_t seen) {
    int64_t fit = PIECE / widest(net), most = fit < 64 ? 64 : fit;
    return seen < most ? seen : most;
}

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
static inline void product(double *out, int64_t rows, const double *M, int64_t down, int64_t across, int64_t inner,
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

/* Put examples first .. first + count - 1, or those that `chosen` names, side by side, (rows, width), zeros after them. */
static inline void gather(double *into, const double *from, int64_t rows, int64_t n, int64_t first, const int64_t *chosen, int64_t count,
                   int64_t width) {
    for (int64_t k = 0; k < rows; k++)
        for (int64_t e = 0; e < width; e++)
            into[k * width + e] = e < count ? from[k * n + (chosen ? chosen[first + e] : first + e)] : 0.0;
}
