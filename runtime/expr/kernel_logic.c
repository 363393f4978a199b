/* && and || are CEL's: an operand that decides the result hides an error of the other, on either
 * side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expr/kernel.h"

static inline uint8_t
logic_and(uint8_t la, uint8_t a, uint8_t lb, uint8_t b, uint8_t *o)
{
    bool decided = (la == HR_LANE_OK && !a) || (lb == HR_LANE_OK && !b);

    *o = !decided;
    return decided ? HR_LANE_OK : hr_lane_use2(la, lb);
}

static inline uint8_t
logic_or(uint8_t la, uint8_t a, uint8_t lb, uint8_t b, uint8_t *o)
{
    bool decided = (la == HR_LANE_OK && a) || (lb == HR_LANE_OK && b);

    *o = decided;
    return decided ? HR_LANE_OK : hr_lane_use2(la, lb);
}

#define LOGIC_BINARY(NAME)                                                                         \
    void hr_kernel_##NAME(const hr_kernel_call *call)                                              \
    {                                                                                              \
        const uint8_t *restrict a = call->arg[0]->v.b, *restrict la = call->arg[0]->lane;          \
        const uint8_t *restrict b = call->arg[1]->v.b, *restrict lb = call->arg[1]->lane;          \
        uint8_t *restrict o = call->out->v.b, *restrict lo = call->out->lane;                      \
                                                                                                   \
        HR_KERNEL_EACH(call, i, lo[i] = logic_##NAME(la[i], a[i], lb[i], b[i], &o[i]));            \
    }

LOGIC_BINARY(and)
LOGIC_BINARY(or)

static inline uint8_t
logic_not(uint8_t lane, uint8_t a, uint8_t *o)
{
    *o = !a;
    return lane;
}

HR_KERNEL_UNARY(hr_kernel_not, uint8_t, b, uint8_t, b, hr_lane_use, logic_not)

/* An error of the operand stays one: whether it is there cannot be said. */
#define LOGIC_THERE(NAME, LANE)                                                                    \
    void hr_kernel_##NAME(const hr_kernel_call *call)                                              \
    {                                                                                              \
        const uint8_t *restrict la = call->arg[0]->lane;                                           \
        uint8_t *restrict o = call->out->v.b, *restrict lo = call->out->lane;                      \
                                                                                                   \
        HR_KERNEL_EACH(call, i, o[i] = la[i] == (LANE);                                            \
                       lo[i] = la[i] >= HR_LANE_ERROR ? la[i] : HR_LANE_OK);                       \
    }

LOGIC_THERE(has, HR_LANE_OK)
LOGIC_THERE(lacks, HR_LANE_NULL)

#define LOGIC_CHOOSE(NAME, TYPE, FIELD)                                                            \
    void hr_kernel_choose_##NAME(const hr_kernel_call *call)                                       \
    {                                                                                              \
        const uint8_t *c = call->arg[0]->v.b, *lc = call->arg[0]->lane;                            \
        const hr_column *const *branch = call->arg + 1;                                            \
                                                                                                   \
        HR_KERNEL_EACH(                                                                            \
            call, i, if (lc[i] != HR_LANE_OK) { call->out->lane[i] = hr_lane_use(lc[i]); } else {  \
                const hr_column *from = branch[!c[i]];                                             \
                call->out->lane[i] = from->lane[i];                                                \
                call->out->v.FIELD[i] = from->v.FIELD[i];                                          \
            });                                                                                    \
    }

LOGIC_CHOOSE(int, int64_t, i)
LOGIC_CHOOSE(double, double, d)
LOGIC_CHOOSE(bool, uint8_t, b)
LOGIC_CHOOSE(span, hr_span, s)

#define LOGIC_COPY(NAME, TYPE, FIELD)                                                              \
    static inline uint8_t logic_copy_##NAME(uint8_t lane, TYPE a, TYPE *o)                         \
    {                                                                                              \
        *o = a;                                                                                    \
        return lane;                                                                               \
    }                                                                                              \
    HR_KERNEL_UNARY(hr_kernel_use_##NAME, TYPE, FIELD, TYPE, FIELD, hr_lane_use,                   \
                    logic_copy_##NAME)                                                             \
    HR_KERNEL_UNARY(hr_kernel_copy_##NAME, TYPE, FIELD, TYPE, FIELD, , logic_copy_##NAME)

LOGIC_COPY(int, int64_t, i)
LOGIC_COPY(double, double, d)
LOGIC_COPY(bool, uint8_t, b)
LOGIC_COPY(span, hr_span, s)
