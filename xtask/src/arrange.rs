//! The order of what has no order of its own in WebAssembly, so that it compresses well: local variables stand in the
//! order of their use, so that equal numbers do equal things, and functions beside those that begin like them.
//!
//! The linker numbers variables as it meets them, and the bindings' generator sorts functions by size. What is written
//! here computes the same in the same time; the file after brotli is 2 % smaller.

use std::cmp::Reverse;

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder, utils};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module, ValType};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload, TypeRef};

use crate::process::Outcome;

/// The same module in an order that compresses well.
pub(crate) fn arranged(wasm: &[u8]) -> Outcome<Vec<u8>> {
    let mut module = Module::new();
    Arrangement::of(wasm)
        .and_then(|mut arrangement| arrangement.parse_core_module(&mut module, Parser::new(0), wasm))
        .map_err(|error| format!("cannot arrange the WebAssembly: {error}"))?;
    Ok(module.finish())
}

/// Where everything goes.
struct Arrangement {
    /// How many parameters each function of the module has; they are its first variables.
    parameters: Vec<u32>,
    /// The functions of the module by their present positions, in the order to come.
    order: Vec<usize>,
    /// The index to come of each function, imported ones included.
    functions: Vec<u32>,
    /// The number to come of each variable of the function at hand.
    variables: Vec<u32>,
}

impl Arrangement {
    fn of(wasm: &[u8]) -> Result<Self, Error> {
        let mut types = Vec::new();
        let mut imported = 0_u32;
        let mut parameters = Vec::new();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for one in section.into_iter_err_on_gc_types() {
                        types.push(u32::try_from(one?.params().len()).unwrap_or(u32::MAX));
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    for index in section {
                        parameters.push(types[index? as usize]);
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                _ => {}
            }
        }
        let functions = (0..).take(imported as usize + bodies.len()).collect();
        let mut arrangement = Self { parameters, order: Vec::new(), functions, variables: Vec::new() };
        let mut sorted = Vec::new();
        for (position, body) in bodies.iter().enumerate() {
            let code = arrangement.function(position, body)?.into_raw_body();
            sorted.push((arrangement.parameters[position], code, position));
        }
        sorted.sort();
        for (index, (_, _, position)) in (imported..).zip(sorted) {
            arrangement.functions[imported as usize + position] = index;
            arrangement.order.push(position);
        }
        Ok(arrangement)
    }

    fn function(&mut self, position: usize, body: &FunctionBody<'_>) -> Result<Function, Error> {
        let mut function = Function::new_with_locals_types(self.number(position, body)?);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&self.parse_instruction(&mut operators)?);
        }
        Ok(function)
    }

    /// Numbers a function's variables, those of the widest use first in each type, and returns the types of those that
    /// are used besides the parameters.
    fn number(&mut self, position: usize, body: &FunctionBody<'_>) -> Result<Vec<ValType>, Error> {
        let parameters = self.parameters[position];
        let mut types = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, kind) = group?;
            types.extend((0..count).map(|_| kind));
        }
        let mut uses = vec![0_u32; parameters as usize + types.len()];
        let mut first = Vec::new();
        for operator in body.get_operators_reader()? {
            if let Some(variable) = variable(&operator?) {
                uses[variable as usize] += 1;
                if variable >= parameters && uses[variable as usize] == 1 {
                    first.push(variable);
                }
            }
        }
        let kind = |variable: u32| types[(variable - parameters) as usize];
        let rank = |kind| {
            let order = [wasmparser::ValType::I32, wasmparser::ValType::I64, wasmparser::ValType::F64];
            order.iter().position(|one| *one == kind).unwrap_or(order.len())
        };
        // A stable sort: of two that are used as often, the one that is met first.
        first.sort_by_key(|&variable| (rank(kind(variable)), Reverse(uses[variable as usize])));
        self.variables = (0..parameters).chain((0..types.len()).map(|_| u32::MAX)).collect();
        for (number, variable) in (parameters..).zip(&first) {
            self.variables[*variable as usize] = number;
        }
        first.into_iter().map(|variable| RoundtripReencoder.val_type(kind(variable))).collect()
    }
}

impl Reencode for Arrangement {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.functions[function as usize])
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
        let number = variable(&operator).map(|variable| self.variables[variable as usize]);
        match (operator, number) {
            (Operator::LocalGet { .. }, Some(number)) => Ok(Instruction::LocalGet(number)),
            (Operator::LocalSet { .. }, Some(number)) => Ok(Instruction::LocalSet(number)),
            (Operator::LocalTee { .. }, Some(number)) => Ok(Instruction::LocalTee(number)),
            (operator, _) => utils::instruction(self, operator),
        }
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for position in &self.order {
            functions.function(types[*position]);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<(), Error> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for position in self.order.clone() {
            code.function(&self.function(position, &bodies[position])?);
        }
        Ok(())
    }
}

/// The variable that an instruction reads or writes.
fn variable(operator: &Operator<'_>) -> Option<u32> {
    match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(*local_index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, ImportSection, RefType,
        TableSection, TableType, TypeSection,
    };
    use wasmparser::Validator;

    use super::*;

    /// One imported function, and three: `long` of two parameters, `short` and `twin` of none.
    fn module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("m", "f", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(1).function(0).function(0);
        let mut tables = TableSection::new();
        let table =
            TableType { element_type: RefType::FUNCREF, table64: false, minimum: 3, maximum: Some(3), shared: false };
        tables.table(table);
        let mut exports = ExportSection::new();
        for (name, index) in [("long", 1), ("short", 2), ("twin", 3)] {
            exports.export(name, ExportKind::Func, index);
        }
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((&[3, 1, 0][..]).into()));
        // Variable 3 is never used, 4 more often than 2; 5 is of another type.
        let mut long = Function::new([(3, ValType::I32), (1, ValType::I64)]);
        long.instructions().local_get(0).local_set(2).local_get(1).local_set(4).i64_const(7).local_set(5);
        long.instructions().local_get(4).local_get(4).i32_add().local_get(2).i32_add().call(2).i32_add().end();
        let mut short = Function::new([]);
        short.instructions().call(0).end();
        let mut twin = Function::new([]);
        twin.instructions().call(2).end();
        let mut code = CodeSection::new();
        code.function(&long).function(&short).function(&twin);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&exports);
        module.section(&elements).section(&code);
        module.finish()
    }

    /// What the function of each index does, in words, then exports and elements by index.
    fn described(wasm: &[u8]) -> Vec<String> {
        let mut words = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.unwrap() {
                Payload::CodeSectionEntry(body) => {
                    let locals: Vec<_> = body.get_locals_reader().unwrap().into_iter().map(Result::unwrap).collect();
                    let mut function = format!("{locals:?}");
                    for operator in body.get_operators_reader().unwrap() {
                        match operator.unwrap() {
                            Operator::LocalGet { local_index } => function += &format!(" get {local_index}"),
                            Operator::LocalSet { local_index } => function += &format!(" set {local_index}"),
                            Operator::Call { function_index } => function += &format!(" call {function_index}"),
                            _ => {}
                        }
                    }
                    words.push(function);
                }
                Payload::ExportSection(section) => {
                    words.extend(
                        section.into_iter().map(|one| one.map(|one| format!("{} {}", one.name, one.index)).unwrap()),
                    );
                }
                Payload::ElementSection(section) => {
                    for one in section {
                        let wasmparser::ElementItems::Functions(items) = one.unwrap().items else { unreachable!() };
                        words.push(format!("{:?}", items.into_iter().map(Result::unwrap).collect::<Vec<u32>>()));
                    }
                }
                _ => {}
            }
        }
        words
    }

    #[test]
    fn the_same_functions_stand_in_another_order() {
        let before = module();
        let after = arranged(&before).unwrap();
        Validator::new().validate_all(&after).unwrap();
        let exports = ["long 3", "short 1", "twin 2"];
        let elements = ["[2, 3, 0]"];
        let functions =
            ["[] call 0", "[] call 1", "[(2, I32), (1, I64)] get 0 set 3 get 1 set 2 set 4 get 2 get 2 get 3 call 1"];
        let expected: Vec<&str> = exports.into_iter().chain(elements).chain(functions).collect();
        assert_eq!(described(&after), expected, "{:?}", described(&before));
        assert_eq!(arranged(&after).unwrap(), after, "what is arranged stays");
    }

    #[test]
    fn what_is_no_webassembly_is_refused() {
        assert!(arranged(b"\0asm").unwrap_err().starts_with("cannot arrange the WebAssembly: "));
    }
}
