/* What process() of an operator calls beside the inline functions of hr_operator.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_operator.h"

void
hr_op_fail_as(hr_op *op, hr_row row, hr_on_error action, const char *code, const char *reason)
{
    hr_failures *failures = op->failures;

    /* Sized for every row at every node, so there is always room. */
    if (failures->n < failures->cap) {
        failures->v[failures->n++] = (hr_failure){row, op->node, action, code, reason};
    }
}
