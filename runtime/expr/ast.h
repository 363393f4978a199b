/* The tree of an expression: made by the parser, typed by the checker, read by the compiler.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_EXPR_AST_H
#define HR_EXPR_AST_H
#include "expr/kernel.h"
#include "expr/source.h"
#include "expr/value.h"

typedef enum hr_ast_op {
    HR_AST_LITERAL, /* value */
    HR_AST_FIELD,   /* path: as much of a.b.c as names say */
    HR_AST_LIST,    /* args: items */
    HR_AST_CALL,    /* name, args: a function, or an operator written as one ("+", "&&") */
    HR_AST_METHOD,  /* as CALL; args[0] is the receiver */
    HR_AST_SELECT,  /* path below args[0] */
    HR_AST_INDEX,   /* args[0][args[1]] */
    HR_AST_CHOOSE,  /* args[0] ? args[1] : args[2] */
    HR_AST_IN,      /* args[0] in args[1] */
    HR_AST_HAS,     /* args[0] is there; also `!= null` */
    HR_AST_LACKS,   /* `== null` */
} hr_ast_op;

typedef struct hr_ast hr_ast;

struct hr_ast {
    hr_ast_op op;
    hr_range range; /* the whole of it */
    hr_range token; /* what errors point at: the operator or name */
    unsigned height;
    const char *name;
    hr_ast **args;
    size_t n;
    const char **path; /* FIELD, SELECT */
    hr_range *path_at;
    size_t n_path;
    hr_value value;

    /* Filled by the checker. */
    hr_type type;
    bool constant;     /* made of literals only */
    hr_kernel *kernel; /* of all but LITERAL, LIST; of FIELD where a part of the path is walked */
    int slot;          /* FIELD */
    size_t n_known;    /* FIELD: parts of the path that the slot holds; the rest is walked */
};

#endif
