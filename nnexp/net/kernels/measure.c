/* How good are nets on a sample? One run at a time, with examples last. */

#include "products.h"
#include "sums.h"

/* found (runs, 4) becomes what add_sums adds up over the examples of each run; theta (runs, parameters). */
void measure(const Net *net, const double *theta, int64_t runs, double *found) {
    int64_t L = net->layers, o = net->offsets, n = net->examples, outputs = net->sizes[L];
    int64_t most = piece_of(net, n), width = rounded(most);
    double *x = numbers(net->sizes[0] * width), *y = numbers(outputs * width), *room = numbers(width);
    double *z = numbers(widest(net) * width), *a = numbers(widest(net) * width);
    memset(found, 0, 32 * runs);
    for (int64_t first = 0; first < n; first += most) {
        int64_t count = n - first < most ? n - first : most;
        gather(x, net->X, net->sizes[0], n, first, 0, count, width);
        gather(y, net->Y, outputs, n, first, 0, count, width);
        for (int64_t run = 0; run < runs; run++) {
            const double *W = theta + run * net->parameters, *below = x;
            double *sums = found + 4 * run;
            for (int64_t i = 0; i < L; i++) {
                int64_t m = net->sizes[i], columns = m + o;
                product(z, net->sizes[i + 1], W, columns, 1, m, o ? W + m : 0, below, width);
                if (i + 1 < L) activate(net->codes[i], net->leaks[i], z, a, net->sizes[i + 1] * width), below = a;
                W += net->sizes[i + 1] * columns;
            }
            add_sums(net, z, y, room, width, count, sums);
        }
    }
    free(x), free(y), free(room), free(z), free(a);
}
