using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Espalier.Repository.Tests.Compiled;

/// <summary>Every place of a compiled module that names a type: signatures, attributes, locals and instructions.</summary>
/// <remarks>Read from metadata and IL, so a fully qualified name, an inferred type and a lambda's closure are seen like a using. Constants
/// leave no trace: the compiler copies their values.</remarks>
internal sealed class TypeUses
{
    private readonly HashSet<TypeUse> _uses = [];

    private TypeUses() { }

    public static IReadOnlyCollection<TypeUse> Of(ModuleDefinition module)
    {
        var uses = new TypeUses();
        foreach (var type in module.GetTypes()) uses.ReadType(type);
        return uses._uses;
    }

    private void ReadType(TypeDefinition type)
    {
        var place = new Place(Outermost(type), type.FullName);
        Add(place, type.BaseType);
        foreach (var face in type.Interfaces) Add(place, face.InterfaceType);
        ReadGenerics(place, type);
        ReadAttributes(place, type);
        foreach (var field in type.Fields)
        {
            Add(place with { Name = field.FullName }, field.FieldType);
            ReadAttributes(place, field);
        }

        foreach (var property in type.Properties) ReadAttributes(place, property);
        foreach (var method in type.Methods) ReadMethod(place with { Name = $"{type.FullName}.{method.Name}" }, method);
    }

    private void ReadMethod(Place place, MethodDefinition method)
    {
        Add(place, method.ReturnType);
        ReadAttributes(place, method);
        ReadGenerics(place, method);
        foreach (var parameter in method.Parameters)
        {
            Add(place, parameter.ParameterType);
            ReadAttributes(place, parameter);
        }

        if (!method.HasBody) return;
        foreach (var local in method.Body.Variables) Add(place, local.VariableType);
        foreach (var handler in method.Body.ExceptionHandlers) Add(place, handler.CatchType);
        foreach (var instruction in method.Body.Instructions) ReadInstruction(place, instruction);
    }

    private void ReadInstruction(Place place, Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                Add(place, type);
                break;
            case MethodReference method:
                Add(place, method.DeclaringType, method.Name);
                Add(place, method.ReturnType);
                foreach (var parameter in method.Parameters) Add(place, parameter.ParameterType);
                if (method is GenericInstanceMethod generic)
                    foreach (var argument in generic.GenericArguments) Add(place, argument);
                break;
            case FieldReference field:
                Add(place, field.DeclaringType, field.Name);
                Add(place, field.FieldType);
                break;
        }
    }

    private void ReadGenerics(Place place, IGenericParameterProvider provider)
    {
        foreach (var parameter in provider.GenericParameters)
            foreach (var constraint in parameter.Constraints) Add(place, constraint.ConstraintType);
    }

    private void ReadAttributes(Place place, ICustomAttributeProvider provider)
    {
        foreach (var attribute in provider.CustomAttributes)
        {
            Add(place, attribute.AttributeType);
            var arguments = attribute.ConstructorArguments.Concat(attribute.Properties.Select(named => named.Argument));
            foreach (var argument in arguments) ReadArgument(place, argument);
        }
    }

    private void ReadArgument(Place place, CustomAttributeArgument argument)
    {
        Add(place, argument.Type);
        if (argument.Value is TypeReference named) Add(place, named);
        if (argument.Value is CustomAttributeArgument[] several)
            foreach (var one in several) ReadArgument(place, one);
        if (argument.Value is CustomAttributeArgument boxed) ReadArgument(place, boxed);
    }

    private void Add(Place place, TypeReference? type, string? member = null)
    {
        switch (type)
        {
            case null or GenericParameter:
                return;
            case GenericInstanceType generic:
                Add(place, generic.ElementType, member);
                foreach (var argument in generic.GenericArguments) Add(place, argument);
                return;
            case RequiredModifierType modified:
                Add(place, modified.ModifierType);
                Add(place, modified.ElementType, member);
                return;
            case FunctionPointerType pointer:
                Add(place, pointer.ReturnType);
                foreach (var parameter in pointer.Parameters) Add(place, parameter.ParameterType);
                return;
            case TypeSpecification wrapped:
                Add(place, wrapped.ElementType, member);
                return;
            default:
                var to = Outermost(type);
                _uses.Add(new TypeUse(place.Type.FullName, place.Type.Namespace, place.Name, to.FullName, to.Namespace, member));
                return;
        }
    }

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return type;
    }

    private sealed record Place(TypeReference Type, string Name);
}
